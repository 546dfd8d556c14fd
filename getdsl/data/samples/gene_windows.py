"""The source `GeneWindows`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from getdsl.data.annotation import Starts, no_gene, read_starts
from getdsl.data.errors import DataError
from getdsl.data.places import Ints
from getdsl.data.reader import Context
from getdsl.data.samples.ordered import ordered_rows
from getdsl.data.table import RegionTable


class GeneWindows:
    """`size` regions around each that holds a gene's start; in the genes' order, then in the regions'."""

    def __init__(self, *, annotation: str, size: int, genes: str | Sequence[str] | None = None) -> None:
        self.path, self.size = Path(annotation), size
        self.genes = [genes] if isinstance(genes, str) else genes

    def rows(self, context: Context) -> Ints:
        """Rows of the table [S, size]. Raises DataError where a gene or its region is not there."""
        table, starts = context.table, read_starts(self.path, context)
        gene, row = starts.held_by(table)
        if self.genes is not None:
            gene, row = _chosen(self.genes, starts, table, gene, row)
        if not len(row):
            problem = f"none of its {len(starts):,} genes starts in a region"
            raise DataError(self.path, problem, "give regions that hold the genes' first bases")
        return self._around(table, row)

    def _around(self, table: RegionTable, rows: Ints) -> Ints:
        """The sample [S, size] around each of some regions."""
        order = np.concatenate(list(ordered_rows(table)))
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        chrom = table.chrom[order]
        low, high = (np.searchsorted(chrom, table.chrom[rows], side=side) for side in ("left", "right"))
        short = np.flatnonzero(high - low < self.size)
        if short.size:
            name, regions = table.chromosomes[table.chrom[rows[short[0]]]], int((high - low)[short[0]])
            problem = f"{name} has {regions:,} regions, and a sample {self.size:,}"
            raise DataError(table.files[0], problem, "write a smaller `size`")
        first = np.clip(place[rows] - self.size // 2, low, high - self.size)
        found: Ints = order[first[:, None] + np.arange(self.size)]
        return found


def _chosen(
    names: Sequence[str], starts: Starts, table: RegionTable, gene: Ints, row: Ints
) -> tuple[Ints, Ints]:
    """The pairs of the genes that are named, in that order."""
    order = []
    for name in names:
        numbers = starts.called(name)
        if not numbers:
            raise no_gene(starts, name)
        held = np.flatnonzero(np.isin(gene, numbers))
        if not len(held):
            raise DataError(table.files[0], *_outside(name, starts, table, numbers[0]))
        order.append(held)
    chosen = np.concatenate([np.empty(0, np.int64), *order]).astype(np.int64)
    return gene[chosen], row[chosen]


def _outside(name: str, starts: Starts, table: RegionTable, gene: int) -> tuple[str, str]:
    """The problem of a gene that starts in no region, and what helps."""
    chrom, position = int(starts.chrom[gene]), int(starts.position[gene])
    problem = f"none of its regions holds the start of {name}, {table.chromosomes[chrom]}:{position}"
    there = np.flatnonzero(table.chrom == chrom)
    if not there.size:
        return f"{problem}; that chromosome has no regions", "add a region there, or leave the gene out"
    away = np.maximum(table.start[there] - position, position - table.end[there] + 1)
    nearest = there[int(np.argmin(away))]
    problem += f"; the nearest, {table.place(int(nearest))}, is {int(away.min()):,} bp away"
    return problem, "add a region there, or leave the gene out"
