"""The samples of a store: windows of the peaks that a cell type keeps, one cell type after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from getdsl.data.draws import Draws
from getdsl.data.places import Ints
from getdsl.data.region_motif.genes import Genes, GeneWindows
from getdsl.data.region_motif.peaks import Peaks
from getdsl.data.region_motif.steps import Steps, steps_of
from getdsl.data.table import Column

Windows = Steps | GeneWindows
Table = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True)
class Samples:
    """S samples of `size` peaks. `kept` are the rows of each cell type's peaks, by chromosome and start."""

    peaks: Peaks
    celltypes: tuple[str, ...]
    kept: tuple[Ints, ...]
    windows: tuple[Windows, ...]
    size: int
    shift: bool

    @property
    def celltype(self) -> Ints:
        """The number of each sample's cell type [S]."""
        return np.repeat(np.arange(len(self.windows)), [len(item) for item in self.windows])

    def of(self, indices: Ints, draws: Draws | None = None) -> tuple[Ints, Ints]:
        """The cell type [n] and the rows [n, size] of some samples; `draws` moves those of steps."""
        drawn = draws.shifts if draws is not None and self.shift else None
        celltype, within = self.numbers(indices)
        rows = np.empty((len(indices), self.size), np.int64)
        for number in np.unique(celltype).tolist():
            chosen = celltype == number
            item = self.windows[number]
            if isinstance(item, Steps):
                start = item.start(within[chosen], None if drawn is None else drawn[chosen])
            else:
                start = item.starts[within[chosen]]
            rows[chosen] = self.kept[number][start[:, None] + np.arange(self.size)]
        return celltype, rows

    def numbers(self, indices: Ints) -> tuple[Ints, Ints]:
        """The cell type [n] of some samples, and their number among its samples [n]."""
        offsets = np.cumsum([0, *(len(item) for item in self.windows)])
        celltype = np.searchsorted(offsets, indices, side="right") - 1
        return celltype, indices - offsets[celltype]

    def gene_column(self, column: Callable[[GeneWindows], Any]) -> Any:
        """A column of all samples [S, …], where they lie around genes."""
        return np.concatenate([column(item) for item in self.windows if isinstance(item, GeneWindows)])

    def table(self) -> Table:
        """What identifies each sample: its gene or its first peak, and the stretch of its peaks."""
        celltype, first = self.celltype, self._first_rows()
        peaks, last = self.peaks, self._first_rows(self.size - 1)
        chrom = np.array(peaks.chromosomes)[peaks.chrom[first]]
        table = {
            "chrom": chrom,
            "start": peaks.start[first],
            "end": peaks.end[last],
            "celltype": np.array(self.celltypes)[celltype],
        }
        if any(isinstance(item, GeneWindows) for item in self.windows):
            return {"name": self.gene_column(lambda item: item.names), **table}
        return {"name": _names(chrom, peaks.start[first], peaks.end[first]), **table}

    def reach(self) -> tuple[Ints, Ints]:
        """The first and the last bp [S] of all that each sample may read, wherever it starts."""
        first, last = [], []
        for kept, item in zip(self.kept, self.windows, strict=True):
            low, high = item.reach() if isinstance(item, Steps) and self.shift else (self._starts(item),) * 2
            first.append(kept[low])
            last.append(kept[high + self.size - 1])
        return self.peaks.start[np.concatenate(first)], self.peaks.end[np.concatenate(last)]

    def _first_rows(self, offset: int = 0) -> Ints:
        """The row of each sample's first peak [S], or of a later one."""
        found = []
        for kept, item in zip(self.kept, self.windows, strict=True):
            found.append(kept[self._starts(item) + offset])
        return np.concatenate(found)

    @staticmethod
    def _starts(item: Windows) -> Ints:
        return item.start(np.arange(len(item)), None) if isinstance(item, Steps) else item.starts


def samples_of(
    peaks: Peaks,
    celltypes: Sequence[str],
    kept: Sequence[Ints],
    size: int,
    *,
    step: int,
    span: int | None,
    shift: bool,
    genes: Genes | None,
) -> Samples:
    """Samples around genes where there are some, else by steps."""
    windows: tuple[Windows, ...] = tuple(
        genes.windows(peaks, rows, size) if genes is not None else steps_of(peaks, rows, size, step, span)
        for rows in kept
    )
    return Samples(peaks, tuple(celltypes), tuple(kept), windows, size, shift)


def _names(chrom: Column, start: Ints, end: Ints) -> Column:
    return np.array(
        [f"{a}:{b}-{c}" for a, b, c in zip(chrom.tolist(), start.tolist(), end.tolist(), strict=True)],
        dtype=str,
    )
