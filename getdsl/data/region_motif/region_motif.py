"""The source `RegionMotif`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from getdsl.data.data_source import Indices
from getdsl.data.draws import Draws
from getdsl.data.errors import DataError, suggest
from getdsl.data.hashing import sha256_of
from getdsl.data.places import Ints
from getdsl.data.region_motif.features import accessibility, hidden, labels, scale
from getdsl.data.region_motif.genes import genes_of
from getdsl.data.region_motif.samples import samples_of
from getdsl.data.region_motif.scale import Floats, largest
from getdsl.data.region_motif.store import ATPM, DATA, EXPRESSION, TSS, MotifStore, expression_of

Batch = dict[str, Tensor]
MEASURED, NONE = "measured", "none"


class RegionMotif:
    """Samples of a store in GET's layout. Raises DataError where it cannot be used.

    In memory are the peaks, of each cell type the rows that it keeps and where windows may start, and the
    chunks that were read last; the rest stays in the store.
    """

    def __init__(
        self,
        *,
        path: str,
        celltypes: Sequence[str] | None = None,
        num_region_per_sample: int = 200,
        sampling_step: int = 100,
        shift: bool = True,
        span: int | None = 5_000_000,
        genes: str | Sequence[str] | None = None,
        drop_zero_atpm: bool = True,
        quantitative_atac: bool = False,
        normalize: bool = True,
        motif_scaler: float = 1.0,
        leave_out_motifs: Sequence[str | int] | None = None,
        expression: str = MEASURED,
        atpm_cutoff: float = 0.05,
        mask_ratio: float = 0.0,
    ) -> None:
        self._params = {name: value for name, value in locals().items() if name not in ("self", "path")}
        self.path = str(path)
        self.store = MotifStore(Path(path))
        self.celltypes = self.store.chosen(celltypes)
        self.quantitative, self.expression, self.cutoff = quantitative_atac, expression, atpm_cutoff
        self.mask_ratio = mask_ratio
        self.left_out = _left_out(leave_out_motifs, self.store)
        self._measured = [self._is_measured(name) for name in self.celltypes]
        kept = self._kept(drop_zero_atpm)
        self.around_genes = genes is not None
        self.samples = samples_of(
            self.store.peaks,
            self.celltypes,
            kept,
            num_region_per_sample,
            step=sampling_step,
            span=span,
            shift=shift,
            genes=genes_of(self.store, genes) if genes is not None else None,
        )
        self._refuse_no_samples(kept)
        self.scale = self._scale(kept, motif_scaler) if normalize else None
        self.table = self.samples.table()
        self.chromosomes = self.table["chrom"]
        self.reach = self.samples.reach()

    def __len__(self) -> int:
        return len(self.chromosomes)

    def batch(self, indices: Indices, draws: Draws | None = None) -> Batch:
        """Some samples, under the keys of the source's face."""
        indices = np.asarray(indices, np.int64)
        celltype, rows = self.samples.of(indices, draws)
        peaks, flat = self.store.peaks, rows.ravel()
        atpm = self._of_celltypes(ATPM, celltype, rows)
        found: dict[str, Any] = {
            "region_motif": self._features(celltype, flat, atpm),
            "atpm": atpm,
            "peak_coord": np.stack([peaks.start[rows], peaks.end[rows]], axis=-1),
            "celltype": celltype,
        }
        if self.expression != NONE:
            exp = np.stack([self._of_celltypes(name, celltype, rows) for name in EXPRESSION], axis=-1)
            found["exp_label"] = labels(exp, atpm, self.cutoff)
        if self.mask_ratio > 0:
            drawn = draws.shifts if draws is not None else None
            found["mask"] = hidden(self.mask_ratio, indices, drawn, rows.shape[1])
        elif self.expression != NONE:
            found["mask"] = self._of_celltypes(TSS, celltype, rows, (2,)).astype(np.int64)
        if self.around_genes:
            found |= self._around_genes(indices)
        return {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in found.items()}

    def fingerprint(self) -> str:
        """sha256 of the params and of the store's bytes."""
        digest = hashlib.sha256(json.dumps(self._params, sort_keys=True, default=str).encode())
        digest.update(sha256_of(Path(self.path)).encode())
        return digest.hexdigest()

    def _features(self, celltype: Ints, rows: Ints, atpm: Floats) -> Floats:
        """[n, R, M + 1]."""
        features = np.empty((*atpm.shape, len(self.store.motifs) + 1), np.float32)
        motifs = features[..., :-1]
        self.store.fill(features.reshape(len(rows), -1)[:, :-1], DATA, rows)
        if self.scale is not None:
            scale(motifs, self.scale[celltype])
        motifs[..., self.left_out] = 0
        features[..., -1] = accessibility(atpm, quantitative=self.quantitative)
        return features

    def _of_celltypes(self, name: str, celltype: Ints, rows: Ints, axes: tuple[int, ...] = ()) -> Floats:
        """[n, R, …] of arrays that each cell type has its own of; 0 where expression was not measured."""
        found = np.zeros((*rows.shape, *axes), np.float32)
        for number in np.unique(celltype).tolist():
            if name != ATPM and not self._measured[number]:
                continue
            chosen = celltype == number
            values = self.store.rows(f"{name}/{self.celltypes[number]}", rows[chosen].ravel())
            found[chosen] = values.reshape(-1, *found.shape[1:])
        return found

    def _around_genes(self, indices: Ints) -> dict[str, Any]:
        samples = self.samples
        return {
            "strand": samples.gene_column(lambda item: item.strands)[indices],
            "tss_peak": np.full(len(indices), samples.size // 2),
            "all_tss_peak": samples.gene_column(lambda item: item.tss)[indices],
        }

    # -- what is looked at once

    def _is_measured(self, celltype: str) -> bool:
        """Whether a cell type has expression. Raises DataError where it has none and needs it."""
        missing = [name for name in expression_of(celltype) if not self.store.has(name)]
        if self.expression != MEASURED or not missing:
            return self.expression != NONE and not missing
        problem = f"it has no expression of the cell type {celltype!r}, no `{missing[0]}`"
        fix = 'take it out of `celltypes`, or write `expression = "none"` where the model needs none'
        raise DataError(self.path, problem, fix)

    def _kept(self, drop_zero: bool) -> list[Ints]:
        """The rows of each cell type's peaks, in the order of their places."""
        order = self.store.peaks.order()
        kept = []
        for number, name in enumerate(self.celltypes):
            atpm = self.store.column(f"{ATPM}/{name}")
            kept.append(order[atpm[order] > 0] if drop_zero else order)
            if self._measured[number]:
                for strand in EXPRESSION:
                    self.store.column(f"{strand}/{name}")
        return kept

    def _refuse_no_samples(self, kept: Sequence[Ints]) -> None:
        if any(len(item) for item in self.samples.windows):
            return
        most = max(len(rows) for rows in kept)
        what = "no gene lies among enough peaks" if self.around_genes else "no chromosome has them together"
        problem = f"no sample of {self.samples.size} peaks: {what}, of {most:,} that a cell type has at most"
        raise DataError(self.path, problem, "write a smaller `num_region_per_sample`, or a larger `span`")

    def _scale(self, kept: Sequence[Ints], scaler: float) -> Floats:
        """What the motifs of each cell type are divided by [celltypes, M]."""
        found = largest(self.store, dict(zip(self.celltypes, kept, strict=True)))
        return np.stack([found[name] for name in self.celltypes]) * np.float32(scaler)


def _left_out(wanted: Sequence[str | int] | None, store: MotifStore) -> list[int]:
    """The numbers of some motifs. Raises DataError where one is not there."""
    found = []
    for item in wanted or ():
        if isinstance(item, str) and item in store.motifs:
            found.append(store.motifs.index(item))
        elif not isinstance(item, str) and 0 <= item < len(store.motifs):
            found.append(int(item))
        elif isinstance(item, str):
            raise DataError(store.path, f"it has no motif {item!r}", suggest(item, store.motifs[:100]))
        else:
            problem = f"it has no motif number {item}"
            raise DataError(store.path, problem, f"its {len(store.motifs)} motifs are counted from 0")
    return found
