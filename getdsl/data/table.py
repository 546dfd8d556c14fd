"""The table of regions that samples are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.places import Ints, Signs

Column = np.ndarray[Any, Any]


@dataclass(frozen=True)
class RegionTable:
    """N regions in the order of their files; `start` and `end` are 0-based and half-open.

    `chrom` are numbers in `chromosomes`. `strand` is 1, -1, or 0 where the file says none. `columns` are
    what the files hold beside, by name. `line` is the line of `files[file]` that a region stands on, from 1,
    or its row where the file has none; 0 where it stands in no file. `notes` say what was left out of the
    files, in sentences.
    """

    chromosomes: tuple[str, ...]
    chrom: Ints
    start: Ints
    end: Ints
    strand: Signs
    name: Column
    files: tuple[Path, ...]
    file: Signs
    line: Ints
    columns: Mapping[str, Column] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.start)

    def chosen(self, rows: Column) -> RegionTable:
        """The regions of some rows, by number or by a mask."""
        return replace(
            self,
            chrom=self.chrom[rows],
            start=self.start[rows],
            end=self.end[rows],
            strand=self.strand[rows],
            name=self.name[rows],
            file=self.file[rows],
            line=self.line[rows],
            columns={name: values[rows] for name, values in self.columns.items()},
        )

    def without(self, rows: Column, why: str) -> RegionTable:
        """The regions but for those of a mask, and a note that says how many they were and why they are gone.

        `why` goes on after `3 of 40 regions`. Raises DataError where none would be left.
        """
        number = int(rows.sum())
        if not number:
            return self
        note = f"{number:,} of {len(self):,} regions {why}"
        if number == len(self):
            raise DataError(self.files[0], note, "give other regions")
        first = int(np.argmax(rows))
        note = f"{note} and are left out; the first is {self.place(first)}, {self.where(first)}"
        return replace(self.chosen(~rows), notes=(*self.notes, note))

    def on(self, chromosomes: tuple[str, ...]) -> RegionTable:
        """The same regions with the numbers of other chromosomes, which are all of these and perhaps more."""
        order = {name: number for number, name in enumerate(chromosomes)}
        numbers = np.array([order[name] for name in self.chromosomes], np.int64)
        return replace(self, chromosomes=chromosomes, chrom=numbers[self.chrom])

    def place(self, row: int) -> str:
        """A region as messages name it: `chrI:100-200`."""
        return f"{self.chromosomes[self.chrom[row]]}:{self.start[row]}-{self.end[row]}"

    def where(self, row: int) -> str:
        """The line that a region stands on, of several files with the file's name; or its place."""
        if not self.line[row]:
            return self.place(row)
        file = self.files[self.file[row]]
        return f"{line_of(file, self.line[row])}{f' of {file.name}' if len(self.files) > 1 else ''}"


def line_of(path: Path, number: int) -> str:
    """A line as messages name it, or a row where the file has no lines."""
    return f"{'row' if is_parquet(path) else 'line'} {number}"


def is_parquet(path: Path) -> bool:
    """Whether a file is called as Parquet files are; such have rows, and no lines."""
    return path.suffix.lower() in (".parquet", ".pq")
