"""The reader `Expression`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from torch import Tensor

from getdsl.data.annotation import Starts, read_starts
from getdsl.data.errors import DataError
from getdsl.data.places import Ints, Places
from getdsl.data.reader import Array, Context, Reader
from getdsl.formats.gene_values import read_gene_values
from getdsl.formats.text import FormatError

Floats = np.ndarray[Any, np.dtype[np.float64]]
FIX = "give a table with a header, a gene and its value a line"


class Expression(Reader):
    """Values [n, 2], float32: those of the region's own strand, and of the other."""

    def __init__(
        self,
        *,
        values: str,
        annotation: str,
        column: str | None = None,
        gene_column: str | None = None,
        several: Literal["max", "mean", "sum"] = "max",
    ) -> None:
        self.values, self.annotation = values, Path(annotation)
        self.column, self.gene_column, self.several = column, gene_column, several
        self.per_celltype = "{celltype}" in values or "{celltype}" in (column or "")

    def open(self, context: Context) -> None:
        starts = read_starts(self.annotation, context)
        gene, row = starts.held_by(context.table)
        if not len(row):
            problem = f"none of its {len(starts):,} genes starts in a region"
            raise DataError(self.annotation, problem, "give regions that hold the genes' first bases")
        place = 2 * row + np.where(starts.forward[gene], 0, 1)  # a region's strands one after the other
        self._places, at = np.unique(place, return_inverse=True)
        self._celltypes = context.celltypes
        celltypes = context.celltypes if self.per_celltype else ("",)
        found = [self._on_places(starts, gene, at, celltype) for celltype in celltypes]
        self._values = np.stack(found).astype(np.float32)  # [C, places]

    def _on_places(self, starts: Starts, gene: Ints, at: Ints, celltype: str) -> Floats:
        """The value of each strand of each region that holds a gene's start, of the genes that have one."""
        of_gene = self._of_genes(starts, celltype)[gene]
        known = ~np.isnan(of_gene)
        if not known.any():
            problem = f"none of the {len(self._places):,} genes that start in regions has a value in it"
            raise DataError(
                self._path(celltype), problem, "give the values of genes whose starts lie in regions"
            )
        at, values = at[known], of_gene[known]
        if self.several == "max":
            found = np.full(len(self._places), -np.inf)
            np.maximum.at(found, at, values)
            return np.where(np.isinf(found), 0, found)
        sums: Floats = np.bincount(at, values, len(self._places)).astype(np.float64)
        if self.several == "sum":
            return sums
        means: Floats = sums / np.maximum(np.bincount(at, minlength=len(self._places)), 1)
        return means

    def _of_genes(self, starts: Starts, celltype: str) -> Floats:
        """The value of each gene [G], NaN where the table has none."""
        path = self._path(celltype)
        column = self.column.replace("{celltype}", celltype) if self.column is not None else None
        try:
            values = read_gene_values(path, self.gene_column, column)
        except FormatError as error:
            raise DataError.of(error, FIX) from error
        found = np.array([_value(values, names) for names in starts.names])
        if np.isnan(found).all():
            theirs, own = starts.known()[0], next(iter(values))
            problem = f"it has none of the genes of {starts.path}, such as {theirs}; its own are called {own}"
            raise DataError(path, problem, "name the column of genes: `gene_column`")
        return found

    def _path(self, celltype: str) -> Path:
        return Path(self.values.replace("{celltype}", celltype))

    def files(self) -> tuple[Path, ...]:
        celltypes = self._celltypes if "{celltype}" in self.values else ("",)
        return (self.annotation, *map(self._path, celltypes))

    def read(self, places: Places) -> Array:
        celltype = places.celltype[:, None] if self.per_celltype else 0
        strands = 2 * places.row[:, None] + np.where(places.strand[:, None] < 0, [1, 0], [0, 1])
        at = np.minimum(np.searchsorted(self._places, strands), len(self._places) - 1)
        found: Array = np.where(self._places[at] == strands, self._values[celltype, at], np.float32(0))
        return found

    def reverse_complement(self, values: Tensor) -> Tensor:
        """The two strands change places."""
        return values.flip(-1)


def _value(values: Mapping[str, float], names: tuple[str, ...]) -> float:
    return next((values[name] for name in names if name in values), np.nan)
