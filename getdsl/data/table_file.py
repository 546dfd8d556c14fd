"""A table as a user has it, TSV, CSV or Parquet: columns by name, and where each row stands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.data.errors import DataError, suggest
from getdsl.data.extras import optional
from getdsl.data.places import Ints
from getdsl.data.table import is_parquet
from getdsl.formats.tables import header_of, read_columns
from getdsl.formats.text import FormatError, unpacked

Array = np.ndarray[Any, Any]
_WHAT_IT_TAKES = "give a table with a header, TSV, CSV or Parquet"


class TableFile:
    """Columns of a table. Raises DataError where it is none, or lacks a column."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.header = _parquet_header(path) if is_parquet(path) else header_of(path)
        except FormatError as error:
            raise DataError.of(error, _WHAT_IT_TAKES) from error

    def columns(self, names: Sequence[str]) -> tuple[dict[str, Array], Ints]:
        """Columns by name, numbers or text [n], and the lines of their rows, or the rows' numbers, from 1."""
        for name in names:
            if name not in self.header:
                raise DataError(self.path, f"it has no column {name!r}", suggest(name, self.header))
        try:
            if is_parquet(self.path):
                return _parquet(self.path, names)
            return read_columns(self.path, names)
        except FormatError as error:
            raise DataError.of(error, _WHAT_IT_TAKES) from error

    def where(self, line: int) -> str:
        """A row as messages name it."""
        return f"{'row' if is_parquet(self.path) else 'line'} {line}"


def _parquet_header(path: Path) -> list[str]:
    reading = optional("pyarrow.parquet", path)
    with unpacked(path):
        pass  # the opener says what is no file
    try:
        return list(reading.read_schema(str(path)).names)
    except Exception as error:  # whatever the library raises of damaged files
        raise FormatError(path, 0, f"it cannot be read ({error})") from error


def _parquet(path: Path, names: Sequence[str]) -> tuple[dict[str, Array], Ints]:
    try:
        table = optional("pyarrow.parquet", path).read_table(str(path), columns=list(dict.fromkeys(names)))
        found = {name: table.column(name).to_numpy() for name in names}
    except Exception as error:  # whatever the library raises of damaged files
        raise FormatError(path, 0, f"it cannot be read ({error})") from error
    return found, np.arange(1, table.num_rows + 1)
