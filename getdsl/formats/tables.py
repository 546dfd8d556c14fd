"""Tables with a header, parted by tabs or commas, plain or gzipped: some of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.formats.columns import as_column
from getdsl.formats.delimited import Fields, fields_of
from getdsl.formats.text import FormatError, read_blocks

Array = np.ndarray[Any, Any]


def header_of(path: Path) -> list[str]:
    """The names of the columns. Raises FormatError where there are none, or two alike."""
    for fields, _ in _blocks(path):
        names = _names(fields)
        twice = [name for number, name in enumerate(names) if name in names[:number]]
        if twice:
            raise FormatError(path, int(fields.lines[0]), f"two columns are called {twice[0]!r}")
        return names
    raise FormatError(path, 0, "it is empty")


def read_columns(path: Path, names: Sequence[str]) -> tuple[dict[str, Array], Array]:
    """Columns by name, as numbers or text, and the line of each row, from 1. Raises FormatError."""
    parts: dict[str, list[Array]] = {name: [] for name in names}
    lines = [np.empty(0, np.int64)]
    header: list[str] = []
    for fields, first in _blocks(path):
        if first:
            header = _names(fields)
            fields = fields.chosen(np.arange(1, len(fields)))
        _refuse_other_widths(fields, len(header))
        for name, part in parts.items():
            part.append(fields.bytes_of(header.index(name)))
        lines.append(fields.lines)
    return {name: as_column(part) for name, part in parts.items()}, np.concatenate(lines)


def _refuse_other_widths(fields: Fields, width: int) -> None:
    fields.refuse(
        fields.widths != width, lambda row: f"it has {fields.widths[row]} columns, and the header {width}"
    )


def _names(fields: Fields) -> list[str]:
    found = [fields.text(0, column) for column in range(int(fields.widths[0]))]
    return [name.strip('"').removeprefix("#").strip() for name in found]


def _blocks(path: Path) -> Iterator[tuple[Fields, bool]]:
    """Rows without comments, and whether the first of them is the header; none are empty."""
    delimiter = ""
    for number, block in read_blocks(path):
        first = not delimiter
        delimiter = delimiter or _delimiter(block)
        fields = fields_of(path, number, block, delimiter)
        comment = fields.data[fields.starts] == ord("#")
        if first and len(fields):  # a header may be a comment of as many columns as the rows have
            comment[_header(fields, comment)] = False
        fields = fields.chosen(~comment)
        if len(fields):
            yield fields, first
        else:
            delimiter = "" if first else delimiter


def _header(fields: Fields, comment: Array) -> int:
    row = int(np.argmin(comment)) if not comment.all() else len(comment)
    before = max(0, row - 1)
    named = row > 0 and row < len(comment) and fields.widths[before] == fields.widths[row] > 1
    return before if named else min(row, len(comment) - 1)


def _delimiter(block: bytes) -> str:
    """A comma where the first line that is no comment has commas and no tabs."""
    for line in block.split(b"\n"):
        if line.strip() and not line.startswith(b"#"):
            return "," if b"," in line and b"\t" not in line else "\t"
    return "\t"
