"""The lines of files of regions, many at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from getdsl.formats.columns import as_text
from getdsl.formats.delimited import Fields, fields_of, made_of
from getdsl.formats.layouts import SPACES, SUMMIT, TABS, Layout, is_header, layout_of
from getdsl.formats.text import FormatError, read_blocks

Column = np.ndarray[Any, Any]


class Block(NamedTuple):
    """Some regions of a file [n]; `number` is the chromosome's in `chromosomes`, texts are bytes."""

    chromosomes: list[str]
    number: Column
    start: Column
    end: Column
    strand: Column
    name: Column | None
    line: Column
    columns: Mapping[str, Column]


def region_blocks(path: Path) -> Iterator[Block]:
    """The regions of a file, block by block. Raises FormatError at the first line that is none."""
    layout, delimiter = None, "\t"
    for first, block in read_blocks(path):
        if layout is None:
            delimiter = _delimiter(block)
        fields = fields_of(path, first, block, delimiter)
        named = _commented_header(fields) if layout is None else None
        fields = fields.chosen(~comments(fields))
        if layout is None:
            beginning = named or fields.chosen(np.arange(min(1, len(fields))))
            if not len(beginning):
                continue
            texts = [beginning.field(0, column) for column in range(int(beginning.widths[0]))]
            layout, header = layout_of(path, int(beginning.lines[0]), texts)
            if header and named is None:
                fields = fields.chosen(np.arange(1, len(fields)))
        yield made_of(fields, partial(_read, layout=layout))


def _delimiter(block: bytes) -> str:
    """A comma where the first line that is no comment has commas and no tabs."""
    for line in block.split(b"\n", 1000)[:1000]:
        if line.strip() and not line.startswith((b"#", b"track", b"browser")):
            return "," if b"," in line and b"\t" not in line else "\t"
    return "\t"


def comments(fields: Fields) -> Column:
    """Which rows are comments, or lines that say how a browser shows the file."""
    hash_ = fields.data[fields.starts] == ord("#")
    found: Column = hash_ | fields.starting(b"track") | fields.starting(b"browser")
    return found


def _commented_header(fields: Fields) -> Fields | None:
    """The comment that names columns, the last before the first row: `#chrom start end`."""
    regions = np.flatnonzero(~comments(fields))
    last = int(regions[0] if len(regions) else len(fields)) - 1
    if last < 0:
        return None
    row = fields.chosen(np.array([last]))
    texts = [row.field(0, column) for column in range(int(row.widths[0]))]
    return row if is_header(texts) else None


def _read(fields: Fields, layout: Layout) -> Block:
    _refuse_other_widths(fields, layout.width)
    places = layout.places
    start, end = (fields.integers(places[name], name) for name in ("start", "end"))
    _refuse_no_stretch(fields, start, end)
    chromosomes, number = factors(fields.bytes_of(places["chrom"]))
    nameless = np.isin(number, [at for at, name in enumerate(chromosomes) if not name])
    fields.refuse(nameless, lambda _: "it names no chromosome")
    others = {**layout.others} | ({SUMMIT: places[SUMMIT]} if SUMMIT in places else {})
    return Block(
        chromosomes,
        number,
        start,
        end,
        _strands(fields, places["strand"]) if "strand" in places else np.zeros(len(fields), np.int8),
        fields.bytes_of(places["name"]) if "name" in places else None,
        fields.lines,
        {name: fields.bytes_of(column) for name, column in others.items()},
    )


def _refuse_other_widths(fields: Fields, width: int) -> None:
    other = fields.widths != width
    row = int(np.argmax(other)) if other.any() else 0
    if other.any() and fields.widths[row] == 1 and len(fields.field(row, 0).split()) >= 3:
        raise FormatError(fields.path, int(fields.lines[row]), SPACES, TABS)
    fields.refuse(other, lambda row: f"it has {fields.widths[row]} columns, and those before it {width}")


def _refuse_no_stretch(fields: Fields, start: Column, end: Column) -> None:
    fields.refuse(start < 0, lambda row: f"a region starts at {start[row]}, before its chromosome")
    fields.refuse(start == end, lambda row: f"a region has 0 bp: it starts and ends at {start[row]}")
    fields.refuse(start > end, lambda row: f"a region is reversed: start {start[row]}, end {end[row]}")


def factors(texts: Column) -> tuple[list[str], Column]:
    """The different texts of a column, and the number of each row's; equal ones mostly stand together."""
    heads = (
        np.flatnonzero(np.concatenate([[True], texts[1:] != texts[:-1]])) if len(texts) else np.array([], int)
    )
    values, numbers = np.unique(texts[heads], return_inverse=True)
    return as_text(values).tolist(), np.repeat(numbers, np.diff(np.append(heads, len(texts))))


def _strands(fields: Fields, column: int) -> Column:
    names, numbers = factors(fields.bytes_of(column))
    known = {"+": 1, "-": -1, ".": 0, "*": 0, "": 0}
    signs = np.array([known.get(name, 9) for name in names], np.int8)[numbers]
    fields.refuse(
        signs == 9, lambda row: f"the strand must be +, - or ., found {fields.field(row, column)!r}"
    )
    return signs
