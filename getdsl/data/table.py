"""The table of regions that samples are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.data.places import Ints, Signs

Column = np.ndarray[Any, Any]


@dataclass(frozen=True)
class RegionTable:
    """N regions in the order of their files; `start` and `end` are 0-based and half-open.

    `chrom` are numbers in `chromosomes`. `strand` is 1, -1, or 0 where the file says none. `columns` are
    what the files hold beside, by name. `line` is the line of `files[file]` that a region stands on, from 1;
    0 where it stands on none.
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

    def on(self, chromosomes: tuple[str, ...]) -> RegionTable:
        """The same regions with the numbers of other chromosomes, which are all of these and perhaps more."""
        order = {name: number for number, name in enumerate(chromosomes)}
        numbers = np.array([order[name] for name in self.chromosomes], np.int64)
        return replace(self, chromosomes=chromosomes, chrom=numbers[self.chrom])

    def place(self, row: int) -> str:
        """A region as messages name it: `chrI:100-200`."""
        return f"{self.chromosomes[self.chrom[row]]}:{self.start[row]}-{self.end[row]}"

    def where(self, row: int) -> str:
        """The line that a region stands on, or its place."""
        return f"line {self.line[row]}" if self.line[row] else self.place(row)
