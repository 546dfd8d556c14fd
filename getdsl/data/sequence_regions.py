"""The data source `SequenceRegions`."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import zarr

from getdsl.data.data_source import Indices
from getdsl.data.embedded import resolve
from getdsl.data.errors import DataError
from getdsl.data.layout import array_of, fingerprint_regions, open_regions, read_column
from getdsl.formats.fasta import Codes, N

_ONE_HOT = torch.eye(5)[:, :4].contiguous()  # row 4, N, is all zeros


class SequenceRegions:
    """Regions with their DNA, held in memory at 1 byte a base. DataError where the data cannot be used."""

    def __init__(self, *, path: str | Path, length: int = 1000) -> None:
        self.path = str(path)
        self.length = length
        self._folder = resolve(path)
        group = open_regions(self._folder)
        self._codes = _central_codes(self.path, group, length)
        self._cut_sites = _finite_targets(self.path, group)
        self.table = {name: read_column(group, name) for name in ("name", "chrom", "start", "end", "strand")}
        self.chromosomes = self.table["chrom"]

    def __len__(self) -> int:
        return len(self._cut_sites)

    def batch(self, indices: Indices) -> dict[str, torch.Tensor]:
        """`sequence` [B, length, 4] and `cut_sites` [B], float32."""
        return {"sequence": _ONE_HOT[self.codes(indices).int()], "cut_sites": self.cut_sites(indices)}

    def codes(self, indices: Indices) -> torch.Tensor:
        """The DNA [B, length] as uint8: A C G T N are 0 to 4."""
        return torch.from_numpy(self._codes[indices])

    def cut_sites(self, indices: Indices) -> torch.Tensor:
        """[B], float32."""
        return self._cut_sites[torch.as_tensor(indices)]

    def reverse_complement(self, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The same regions read along the other strand; A C G T backwards is their complement."""
        return {**batch, "sequence": batch["sequence"].flip(1, 2)}

    def fingerprint(self) -> str:
        """sha256 of the whole data set, the same for every `length`."""
        return fingerprint_regions(open_regions(self._folder))


def _central_codes(path: str, group: zarr.Group, length: int) -> Codes:
    stored = array_of(group, "sequence")
    width = stored.shape[1]
    if not 0 < length <= width:
        problem = f"length {length} is not between 1 and the {width} bp that it stores"
        raise DataError(
            path, problem, f"ask for at most {width}, or prepare the data set with a larger width"
        )
    if (width - length) % 2:
        problem = f"a centre of {length} bp does not exist in {width} bp"
        raise DataError(
            path, problem, f"ask for {length - 1} or {length + 1}, so that both strands see the same bases"
        )
    margin = (width - length) // 2
    codes: Codes = np.asarray(stored[:, margin : margin + length])
    if codes.max(initial=0) > N:
        raise DataError(
            path, f"sequence holds the code {codes.max()}, above {N}", "prepare the data set again"
        )
    return codes


def _finite_targets(path: str, group: zarr.Group) -> torch.Tensor:
    values: np.ndarray[Any, np.dtype[np.float32]] = read_column(group, "cut_sites").astype(np.float32)
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        row = int(wrong[0])
        problem = f"cut_sites holds {values[row]} at row {row} ({wrong.size} such values)"
        raise DataError(path, problem, "leave these regions out and prepare the data set again")
    if values.size == 0:
        raise DataError(path, "it holds no regions", "prepare the data set again")
    if values.min() < 0:
        raise DataError(
            path, f"cut_sites holds {values.min()}, but counts are not negative", "give raw counts"
        )
    if values.min() == values.max():
        problem = f"cut_sites is {values[0]} in every region, so there is nothing to learn"
        raise DataError(path, problem, "check that the fragments and the genome belong together")
    return torch.from_numpy(values)
