"""The source `Regions`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from getdsl.data.errors import DataError, renaming, suggest
from getdsl.data.genome import Genome
from getdsl.data.overlaps import Stretches, near
from getdsl.data.regions.placed import outside, placed
from getdsl.data.regions.rows import rows_of
from getdsl.data.table import Column, RegionTable
from getdsl.formats.bed import SUMMIT, Rows

ROLE = "role"


class Regions:
    """Regions of files, resized around their centre or summit."""

    def __init__(
        self,
        *,
        files: str | Sequence[str],
        roles: Sequence[str] | None = None,
        around: Literal["centre", "summit"] = "centre",
        width: int | None = None,
        exclude: str | Sequence[str] | None = None,
        chromosomes: Sequence[str] | None = None,
        duplicates: Literal["drop", "keep", "refuse"] = "drop",
    ) -> None:
        self.paths = _paths(files)
        self.excluded = _paths(exclude or [])
        self.roles, self.chromosomes = roles, chromosomes
        self.around, self.width, self.duplicates = around, width, duplicates

    def table(self, genome: Genome | None, renamed: Mapping[str, str]) -> RegionTable:
        """The regions in the order of the files. Raises DataError where a file cannot be used."""
        rows = [self._on_chromosomes(rows_of(path), path, renamed) for path in self.paths]
        table = self._resized(self._with_roles(placed(rows, self.paths, genome, renamed)))
        table = table.without(outside(table, genome), "leave their chromosome when resized")
        if self.duplicates != "keep":
            table = self._distinct(table)
        return self._without_excluded(table, genome, renamed) if self.excluded else table

    def _on_chromosomes(self, rows: Rows, path: Path, renamed: Mapping[str, str]) -> Rows:
        if self.chromosomes is None:
            return rows
        called = [renamed.get(name, name) for name in rows.chromosomes]
        found = rows.chosen(
            np.isin(rows.number, [at for at, name in enumerate(called) if name in self.chromosomes])
        )
        if len(rows) and not len(found):
            name = self.chromosomes[0]
            raise DataError(path, f"none of its regions lies on {name}", suggest(name, called))
        return found

    def _with_roles(self, table: RegionTable) -> RegionTable:
        """A column that says each region's role, and for each role one of 1 and 0."""
        if self.roles is None:
            return table
        role = np.array(self.roles)[table.file]
        flags = {name: (role == name).astype(np.float32) for name in self.roles}
        taken = [name for name in (ROLE, *flags) if name in table.columns]
        if taken:
            problem = f"it has a column {taken[0]!r} already, which is a role's name"
            raise DataError(table.files[0], problem, "call the role something else in `roles`")
        return replace(table, columns={**table.columns, ROLE: role, **flags})

    def _resized(self, table: RegionTable) -> RegionTable:
        if self.width is None:
            return table
        middle = _summits(table) if self.around == "summit" else (table.start + table.end) // 2
        start = middle - self.width // 2
        given = {"start": table.start, "end": table.end}  # by which other files know the region
        return replace(table, start=start, end=start + self.width, columns={**table.columns, **given})

    def _distinct(self, table: RegionTable) -> RegionTable:
        """Each place once, with the first row that has it."""
        order = np.lexsort((table.strand, table.end, table.start, table.chrom))
        same = np.ones(max(0, len(table) - 1), bool)
        for values in (table.chrom, table.start, table.end, table.strand):
            same &= values[order][1:] == values[order][:-1]
        again = np.zeros(len(table), bool)
        again[order[1:]] = same
        if self.duplicates == "refuse" and again.any():
            row = int(np.argmax(again))
            problem = f"{table.where(row)}: {table.place(row)} occurs twice ({again.sum():,} such regions)"
            fix = 'take them out, or write `duplicates = "drop"`'
            raise DataError(table.files[table.file[row]], problem, fix)
        return table.without(again, "lie where one before them does")

    def _without_excluded(
        self, table: RegionTable, genome: Genome | None, renamed: Mapping[str, str]
    ) -> RegionTable:
        for path in self.excluded:
            rows = rows_of(path)
            known = set(table.chromosomes)
            on = [at for at, name in enumerate(rows.chromosomes) if renamed.get(name, name) in known]
            if len(rows) and not on:
                name = rows.chromosomes[0]
                fix = renaming(rows.chromosomes, known) or suggest(name, known)
                raise DataError(path, f"the regions' genome has no {name}", fix)
            rows = rows.chosen(np.isin(rows.number, on))
            if len(rows):
                others = placed([rows], [path], None, renamed).on(table.chromosomes)
                these, those = (Stretches(each.chrom, each.start, each.end) for each in (table, others))
                table = table.without(near(these, those) >= 0, f"overlap {path.name}")
        return table


def _paths(files: str | Sequence[str]) -> list[Path]:
    return [Path(path) for path in ([files] if isinstance(files, str) else files)]


def _summits(table: RegionTable) -> Column:
    """Where each region's summit lies on its chromosome. Raises DataError where one has none."""
    centre = 'write `around = "centre"`'
    if SUMMIT not in table.columns:
        raise DataError(table.files[0], "its regions have no summits", centre)
    summit = table.columns[SUMMIT]
    if summit.dtype.kind not in "iu":
        raise DataError(table.files[0], "its column of summits holds other than whole numbers", centre)
    wrong = (summit < 0) | (summit >= table.end - table.start)
    if wrong.any():
        row = int(np.argmax(wrong))
        problem = f"{table.where(row)}: the summit {summit[row]} does not lie in {table.place(row)}"
        raise DataError(table.files[table.file[row]], problem, f"it counts from the start; or {centre}")
    return table.start + summit
