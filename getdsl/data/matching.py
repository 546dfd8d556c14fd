"""Which row of a file is which region: by name, or by coordinates."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.places import Ints
from getdsl.data.reader import Context
from getdsl.data.table import RegionTable

_PLACE = re.compile(r"(.+)[:_-](\d+)[_-](\d+)")  # chr1:100-600, chr1-100-600, chr1_100_600
_WAYS = "name its rows as the regions' file does, or by coordinates, such as chr1:100-600"
NOT_THERE = -1

Coordinates = tuple[Any, Ints, Ints]
"""Chromosome, start and end of each row of a file, 0-based and half-open."""


@dataclass(frozen=True)
class Rows:
    """What identifies the rows of a file; `called` is what messages call them, such as `var names`."""

    path: Path
    names: Sequence[str]
    called: str
    coordinates: Coordinates | None = None

    def __len__(self) -> int:
        return len(self.names)

    @property
    def numbered(self) -> bool:
        """Whether the names are mere numbers of rows, as a library gives where there are none."""
        return len(self) > 0 and (self.names[0], self.names[-1]) == ("0", str(len(self) - 1))

    def places(self, context: Context) -> list[Hashable]:
        """The place of each row, as the genome calls it; None where it has none."""
        if self.coordinates is not None:
            chroms, starts, ends = (item.tolist() for item in self.coordinates)
            return [
                (context.genome_name(chrom), start, end)
                for chrom, start, end in zip(chroms, starts, ends, strict=True)
            ]
        found = map(_PLACE.fullmatch, self.names)
        return [
            (context.genome_name(match[1]), int(match[2]), int(match[3])) if match else None
            for match in found
        ]


def rows_of_regions(rows: Rows, context: Context, *, all_needed: bool) -> Ints:
    """The row of each region [N]: by names where these tell most regions, else by coordinates.

    NOT_THERE of those that the file lacks. Raises DataError where it has none of them, or lacks some and
    `all_needed`; and where two rows are one region's.
    """
    table, best = context.table, _Match(rows, [], [])
    wanted = _places(table)
    tries = [(rows.names, table.name.tolist())] if not rows.numbered else []
    for known, keys in (*tries, *((rows.places(context), places) for places in wanted)):
        match = _Match(rows, known, keys)
        best = match if match.number > best.number else best
        if best.number == len(table):
            break
    if not best.number:
        raise _nothing_alike(rows, context, wanted[0])
    best.refuse_twice()
    if all_needed and best.number < len(table):
        raise best.lacking(table)
    return best.row


def _places(table: RegionTable) -> list[list[Hashable]]:
    """Where each region lies, and where its file has it, if it was resized since."""
    chroms = [table.chromosomes[number] for number in table.chrom.tolist()]
    found: list[list[Hashable]] = [list(zip(chroms, table.start.tolist(), table.end.tolist(), strict=True))]
    if table.columns.keys() >= {"start", "end"}:
        bounds = (table.columns[name].tolist() for name in ("start", "end"))
        found.append(list(zip(chroms, *bounds, strict=True)))
    return found


class _Match:
    """One way to tell rows: `known` are the rows' keys, `wanted` the regions'."""

    def __init__(self, rows: Rows, known: Sequence[Hashable], wanted: Sequence[Hashable]) -> None:
        self._rows, self._known = rows, known
        place: dict[Hashable, int] = {}
        for number, key in enumerate(known):
            if key is not None:
                place.setdefault(key, number)
        self.row: Ints = np.array([place.get(key, NOT_THERE) for key in wanted], np.int64)
        self.number = int((self.row != NOT_THERE).sum())
        self._place = place

    def refuse_twice(self) -> None:
        """Raises DataError where a region has two rows."""
        used = set(self.row.tolist())
        for number, key in enumerate(self._known):
            first = self._place.get(key) if key is not None else None
            if first is not None and first != number and first in used:
                rows = f"as number {first + 1:,} and {number + 1:,}"
                problem = f"{self._rows.names[number]} is twice among its {self._rows.called}, {rows}"
                raise DataError(self._rows.path, problem, "give each region one row")

    def lacking(self, table: RegionTable) -> DataError:
        """Of a file without all of the regions."""
        absent = np.flatnonzero(self.row == NOT_THERE)
        row = int(absent[0])
        problem = (
            f"it has no row of {len(absent):,} of the {len(table):,} regions, the first of which is "
            f"{_called(table, row)} on {table.where(row)} of {table.files[table.file[row]].name}"
        )
        return DataError(
            self._rows.path, problem, "leave those regions out, or say their value: `missing = 0.0`"
        )


def _called(table: RegionTable, row: int) -> str:
    name, place = str(table.name[row]), table.place(row)
    return place if name == place else f"{name} ({place})"


def _nothing_alike(rows: Rows, context: Context, wanted: list[Hashable]) -> DataError:
    """Why no row is a region's."""
    if not len(rows):
        return DataError(rows.path, f"it has no {rows.called}", "give a file with a row for each region")
    places = rows.places(context)
    if all(place is None for place in places):
        problem = (
            f"none of its {rows.called}, such as {rows.names[0]}, is a region's: neither its name, such as "
            f"{context.table.name[0]}, nor its coordinates"
        )
        return DataError(rows.path, problem, _WAYS)
    found = {place: number for number, place in enumerate(places) if isinstance(place, tuple)}
    context.names_in(rows.path, dict.fromkeys(str(place[0]) for place in found))
    for place in wanted:
        assert isinstance(place, tuple)
        chrom, start, end = place
        if (chrom, start + 1, end) in found:
            name = rows.names[found[chrom, start + 1, end]]
            problem = f"its coordinates count from 1: {name} is {chrom}:{start}-{end}, counted from 0"
            return DataError(rows.path, problem, "take 1 from its starts")
    problem = (
        f"none of its {rows.called}, such as {rows.names[0]}, has the coordinates of a region, such as "
        f"{context.table.place(0)}"
    )
    return DataError(rows.path, problem, "give the regions that it was made of")
