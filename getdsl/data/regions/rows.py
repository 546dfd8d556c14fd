"""The rows of a file of regions, whatever it is."""

from __future__ import annotations

from pathlib import Path

from getdsl.data.errors import DataError
from getdsl.data.table import is_parquet
from getdsl.formats.bed import Rows, read_bed
from getdsl.formats.text import FormatError


def rows_of(path: Path) -> Rows:
    """The regions of a file. Raises DataError where it cannot be used."""
    if is_parquet(path):
        from getdsl.data.regions.parquet import read_parquet

        return read_parquet(path)
    try:
        return read_bed(path)
    except FormatError as error:
        raise DataError.of(error, "correct it, or give another file") from error
