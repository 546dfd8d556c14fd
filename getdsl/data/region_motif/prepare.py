"""A declared batch, written in GET's layout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from getdsl.data.declared import DeclaredData
from getdsl.data.errors import DataError
from getdsl.data.places import Ints, Places
from getdsl.data.reader import Reader
from getdsl.data.region_motif.chunks import Array
from getdsl.data.region_motif.peaks import Peaks
from getdsl.data.region_motif.write import Columns, write_region_motif

MOTIFS = "region_motif", "motifs"
ONLY = "all"
"""What the cell type is called where the spec declares none."""
AT_ONCE = 4_000  # regions

Step = Callable[[int, int], None]


def prepare_region_motif(
    source: DeclaredData,
    path: Path,
    zarr_format: Literal[2, 3] = 2,
    step: Step = lambda done, all: None,
) -> int:
    """Writes the regions of a spec in GET's layout, whole or not at all, and returns how many there are.

    Of the batch it takes `region_motif` (or `motifs`) [.., M] and `atpm` [..], and where they are declared
    `exp_label` [.., 2] and `mask` [..] or [.., 2], which tells the starts of genes; without it they are the
    regions with expression. Each cell type of the spec gets columns of its own. Motifs are read and written
    4,000 regions at a time; `step` is told how many values of how many are read. Raises DataError.
    """
    return _Writing(source, path, step).run(zarr_format)


class _Writing:
    def __init__(self, source: DeclaredData, path: Path, step: Step) -> None:
        self.source, self.path, self.step = source, path, step
        table = source.regions
        self.order: Ints = np.lexsort((table.end, table.start, table.chrom))
        self.celltypes = source.declared.celltypes or (ONLY,)
        self.done = 0

    def run(self, zarr_format: Literal[2, 3]) -> int:
        table, order = self.source.regions, self.order
        motifs = self._reader(next((key for key in MOTIFS if key in self.source.readers), MOTIFS[0]))
        if motifs.per_celltype:
            problem = (
                f"the motifs of {self.source.path} differ between cell types, and the layout has them once"
            )
            raise DataError(self.path, problem, "take `{celltype}` out of their reader")
        columns = {name: self._columns(number) for number, name in enumerate(self.celltypes)}
        number = int(self._read(motifs, order[:1], 0).shape[-1])
        names = [str(name) for name in getattr(motifs, "names", ())]
        write_region_motif(
            self.path,
            Peaks(table.chromosomes, table.chrom[order], table.start[order], table.end[order]),
            names if len(names) == number else [f"motif{place}" for place in range(number)],
            self._parts(motifs, 0),
            columns,
            zarr_format=zarr_format,
        )
        return len(order)

    def _columns(self, celltype: int) -> Columns:
        atpm = self._whole("atpm", celltype, 1)
        if "exp_label" not in self.source.readers:
            return Columns(atpm)
        expression = self._whole("exp_label", celltype, 2)
        if "mask" not in self.source.readers:
            return Columns(atpm, expression, expression != 0)
        starts = self._whole("mask", celltype, None) > 0
        return Columns(atpm, expression, starts if starts.ndim == 2 else np.stack([starts, starts], axis=1))

    def _whole(self, key: str, celltype: int, axes: int | None) -> Array:
        """A key of all regions, [P] or [P, 2]."""
        found = np.concatenate(list(self._parts(self._reader(key), celltype)))
        if found.ndim > 2 or found.shape[1:] not in ((), (2,)) or axes not in (None, found.ndim):
            shape, wanted = (_said(axes) for axes in (list(found.shape[1:]), [2] if axes == 2 else []))
            problem = f"`{key}` has {shape} a region, where GET's layout has {wanted}"
            raise DataError(self.path, problem, "declare it as GET's models read it")
        return found

    def _parts(self, reader: Reader, celltype: int) -> Iterator[Array]:
        """What a reader yields of the regions in their order, some at a time."""
        for first in range(0, len(self.order), AT_ONCE):
            rows = self.order[first : first + AT_ONCE]
            yield self._read(reader, rows, celltype)
            self.done += len(rows)
            self.step(self.done, len(self.order) * self._passes)

    @property
    def _passes(self) -> int:
        others = [key for key in ("atpm", "exp_label", "mask") if key in self.source.readers]
        return 1 + len(others) * len(self.celltypes)

    def _read(self, reader: Reader, rows: Ints, celltype: int) -> Array:
        values = reader.read(self._places(rows, celltype))
        found: Array = reader.tensor(values, np.zeros(len(rows), np.int64)).numpy()
        return found

    def _reader(self, key: str) -> Reader:
        """The reader of a key, which reads region by region. Raises DataError where there is none."""
        reader = self.source.readers.get(key)
        if reader is None:
            problem = f"it was not written: the `batch` has no `{key}`"
            raise DataError(self.path, problem, f"declare `{key} = …` in `batch`")
        if reader.whole_windows:
            problem = f"it was not written: `{key}` is read by windows, and the layout has it by region"
            raise DataError(self.path, problem, "read it by regions")
        return reader

    def _places(self, rows: Ints, celltype: int) -> Places:
        table: Any = self.source.regions
        return Places(
            table.chrom[rows],
            table.start[rows],
            table.end[rows],
            np.where(table.strand[rows] < 0, -1, 1).astype(np.int8),
            rows,
            np.full(len(rows), celltype),
            table.chromosomes,
            self.source.declared.celltypes,
        )


def _said(axes: list[int]) -> str:
    return str(axes) if axes else "one number"
