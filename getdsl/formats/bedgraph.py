"""bedGraph: `chrom start end value`, 0-based and half-open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from getdsl.formats.delimited import Fields, fields_of, made_of
from getdsl.formats.layouts import SPACES, TABS
from getdsl.formats.region_blocks import comments, factors
from getdsl.formats.text import read_blocks

Column = np.ndarray[Any, Any]
SORT = "sort it: `sort -k1,1 -k2,2n`"


class Intervals(NamedTuple):
    """Some lines of a file [n]; `number` is the chromosome's in `chromosomes`."""

    chromosomes: list[str]
    number: Column
    start: Column
    end: Column
    value: Column


def read_bedgraph(path: Path) -> Iterator[Intervals]:
    """The intervals, block by block, plain or gzipped: ordered within a chromosome, none over another.

    Raises FormatError at the first line that is none, or out of order.
    """
    order = _Order()
    for first, block in read_blocks(path):
        fields = fields_of(path, first, block, "\t")
        fields = fields.chosen(~comments(fields))
        if len(fields):
            found = made_of(fields, _read)
            order.check(fields, found)
            yield found


def _read(fields: Fields) -> Intervals:
    other = fields.widths != 4
    words = fields.field(int(np.argmax(other)), 0).split() if other.any() else []
    if words[:1] in (["fixedStep"], ["variableStep"]):
        fields.refuse(other, lambda _: "it is a wiggle file, with steps", "give a bedGraph or bigWig file")
    if len(words) == 4:
        fields.refuse(other, lambda _: SPACES, TABS)
    fields.refuse(other, lambda row: f"it has {fields.widths[row]} columns, and bedGraph has 4")
    start, end = fields.integers(1, "start"), fields.integers(2, "end")
    fields.refuse(start < 0, lambda row: f"it starts at {start[row]}, before its chromosome")
    fields.refuse(start >= end, lambda row: f"start must lie below end, found {start[row]} and {end[row]}")
    return Intervals(*factors(fields.bytes_of(0)), start, end, fields.numbers(3, "the value"))


class _Order:
    """What was read last, and which chromosomes are at their end."""

    def __init__(self) -> None:
        self.chrom: str | None = None
        self.end = 0
        self.done: set[str] = set()

    def check(self, fields: Fields, found: Intervals) -> None:
        heads = np.flatnonzero(np.diff(found.number, prepend=-1))  # where another chromosome begins
        before = np.concatenate([[0], found.end[:-1]])
        before[heads] = 0
        if found.chromosomes[found.number[0]] == self.chrom:
            before[0] = self.end
            heads = heads[1:]
        fields.refuse(
            found.start < before,
            lambda row: f"it starts at {found.start[row]}, and the interval before it ends at {before[row]}",
            SORT,
        )
        for row in heads.tolist():
            if self.chrom is not None:
                self.done.add(self.chrom)
            self.chrom = found.chromosomes[found.number[row]]
            again = np.arange(len(fields)) == row if self.chrom in self.done else np.zeros(len(fields), bool)
            fields.refuse(again, lambda _: f"{self.chrom} goes on after another chromosome", SORT)
        self.end = int(found.end[-1])
