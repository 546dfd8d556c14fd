"""Mutants of windows of regions: some regions are taken away from what the model reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource, Indices
from getdsl.data.declared import DeclaredData
from getdsl.data.errors import DataError, suggest
from getdsl.data.overlaps import Stretches, near
from getdsl.data.regions.rows import rows_of
from getdsl.diagnostics import UserError
from getdsl.runs.opened.samples import reading


class Inactivation:
    """Sets to zero what inputs hold of regions that overlap those of a BED file, as GET's mutants have it."""

    def __init__(self, source: DataSource, spec: Spec, path: Path) -> None:
        """Raises UserError where the samples are no windows, or the file is no BED of their chromosomes."""
        if not isinstance(source, DeclaredData) or source.rows.ndim == 1:
            raise UserError(
                "`--inactivate` takes regions away from windows, and each sample is one region",
                "give `data` windows, such as `samples = Windows(size = 200)`, or leave it away",
            )
        self.source, self.regions = source, source.rows.shape[1]
        with reading():
            self.stretches = _stretches(source, path)

    def mutant(self, inputs: Mapping[str, Tensor], samples: Indices) -> dict[str, Tensor]:
        """Float inputs [B, R, …] with zeros in the rows of inactivated regions; others as they are."""
        gone = self.gone(samples)
        found = dict(inputs)
        for name, value in inputs.items():
            if value.is_floating_point() and value.dim() > 1 and value.shape[1] == self.regions:
                mask = torch.from_numpy(gone).to(value.device)
                found[name] = value.masked_fill(mask.reshape(*mask.shape, *(1,) * (value.dim() - 2)), 0)
        if all(found[name] is inputs[name] for name in inputs):
            raise UserError(
                f"no input of the model has an axis of its {self.regions} regions to set to zero",
                "leave `--inactivate` away",
            )
        return found

    def gone(self, samples: Indices) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """Which regions of each window are inactivated, [B, R]."""
        places = self.source.places(samples)
        flat = places.flat()
        found = near(Stretches(flat.chrom, flat.start, flat.end), self.stretches) >= 0
        mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]] = found.reshape(places.start.shape)
        return mask


def _stretches(source: DeclaredData, path: Path) -> Stretches:
    """The file's regions, by the numbers that chromosomes have in the data."""
    rows = rows_of(path)
    numbers = {name: number for number, name in enumerate(source.regions.chromosomes)}
    names = [source.context.genome_name(name) for name in rows.chromosomes]
    unknown = [name for name in names if name not in numbers]
    if unknown:
        raise DataError(path, f"the data have no chromosome {unknown[0]}", suggest(unknown[0], numbers))
    chrom = np.array([numbers[name] for name in names], np.int64)[rows.number]
    return Stretches(chrom, rows.start.astype(np.int64), rows.end.astype(np.int64))
