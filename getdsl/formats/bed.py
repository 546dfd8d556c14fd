"""Regions of a genome, a line each: BED and its relatives, and tables with a header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.formats.columns import as_column, as_text
from getdsl.formats.layouts import SUMMIT
from getdsl.formats.region_blocks import Block, region_blocks

__all__ = ["SUMMIT", "Rows", "by_place", "read_bed"]

Column = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Rows:
    """Regions as a file has them, 0-based and half-open, `start` below `end`.

    `number` is the chromosome's in `chromosomes`, `line` where each stands, from 1, `strand` 1, -1 or 0.
    """

    chromosomes: tuple[str, ...]
    number: Column
    start: Column
    end: Column
    strand: Column
    name: Column
    line: Column
    columns: Mapping[str, Column] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.start)

    @property
    def chrom(self) -> Column:
        """The chromosomes' names."""
        names: Column = np.array(self.chromosomes, str)[self.number]
        return names

    def chosen(self, rows: Column) -> Rows:
        """Some of the rows, by number or by a mask, with the chromosomes that they lie on."""
        used, number = np.unique(self.number[rows], return_inverse=True)
        return Rows(
            tuple(self.chromosomes[at] for at in used),
            number.astype(np.int32),
            self.start[rows],
            self.end[rows],
            self.strand[rows],
            self.name[rows],
            self.line[rows],
            {name: values[rows] for name, values in self.columns.items()},
        )


def read_bed(path: Path) -> Rows:
    """The regions of a file, plain or gzipped: BED3 to BED12, narrowPeak, broadPeak, gappedPeak, or a table.

    A table has tabs or commas, and a header with at least chrom, start and end. Raises FormatError at the
    first line that is no region.
    """
    return _joined([block for block in region_blocks(path) if len(block.start)])


def _joined(blocks: Sequence[Block]) -> Rows:
    place: dict[str, int] = {}
    numbers = [
        np.array([place.setdefault(name, len(place)) for name in block.chromosomes], np.int32)[block.number]
        for block in blocks
    ]
    chromosomes, number = tuple(place), np.concatenate([np.empty(0, np.int32), *numbers])
    start = np.concatenate([np.empty(0, np.int64), *(block.start for block in blocks)])
    end = np.concatenate([np.empty(0, np.int64), *(block.end for block in blocks)])
    columns = {
        name: as_column([block.columns[name] for block in blocks])
        for name in (blocks[0].columns if blocks else ())
    }
    return Rows(
        chromosomes,
        number,
        start,
        end,
        np.concatenate([np.empty(0, np.int8), *(block.strand for block in blocks)]),
        _names([block.name for block in blocks if block.name is not None], chromosomes, number, start, end),
        np.concatenate([np.empty(0, np.int64), *(block.line for block in blocks)]),
        columns,
    )


def _names(
    parts: Sequence[Column], chromosomes: tuple[str, ...], number: Column, start: Column, end: Column
) -> Column:
    """What the file calls its regions; a region without a name is called by its place."""
    if not parts:
        return by_place(chromosomes, number, start, end)
    names = as_text(np.concatenate(parts))
    unnamed = np.flatnonzero(np.isin(names, (".", "")))
    if unnamed.size:
        instead = by_place(chromosomes, number[unnamed], start[unnamed], end[unnamed])
        names = names.astype(np.result_type(names, instead))
        names[unnamed] = instead
    return names


def by_place(chromosomes: tuple[str, ...], number: Column, start: Column, end: Column) -> Column:
    """What regions without a name are called: `chrI:100-200`."""
    return np.array(
        [
            f"{chromosomes[at]}:{first}-{last}"
            for at, first, last in zip(number.tolist(), start.tolist(), end.tolist(), strict=True)
        ],
        str,
    )
