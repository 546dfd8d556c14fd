"""The rows of files of regions, and of Parquet tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.extras import optional
from getdsl.data.table import is_parquet
from getdsl.formats.bed import Rows, by_place, read_bed
from getdsl.formats.layouts import places_by_name
from getdsl.formats.region_blocks import factors
from getdsl.formats.text import FormatError

Column = np.ndarray[Any, Any]


def rows_of(path: Path) -> Rows:
    """The regions of a file. Raises DataError where it cannot be used."""
    if is_parquet(path):
        return _parquet(path)
    try:
        return read_bed(path)
    except FormatError as error:
        raise DataError.of(error, "correct it, or give another file") from error


def _parquet(path: Path) -> Rows:
    columns = _columns(path)
    places = places_by_name(list(columns))
    lacking = [name for name in ("chrom", "start", "end") if name not in places]
    if lacking:
        raise DataError(
            path, f"it lacks {', '.join(lacking)}", f"its columns are {', '.join(list(columns)[:20])}"
        )
    named = {name: list(columns)[at] for name, at in places.items()}
    values = {name: columns.pop(column) for name, column in named.items()}
    start, end = (_integers(path, name, values[name]) for name in ("start", "end"))
    for wrong, problem in (
        (start < 0, "a region starts before its chromosome"),
        (start == end, "a region has 0 bp"),
        (start > end, "a region is reversed: its start lies after its end"),
    ):
        _refuse(path, wrong, problem)
    chromosomes, numbers = factors(values["chrom"].astype(str))
    strand = np.zeros(len(start), np.int8)
    if "strand" in values:
        texts = values["strand"].astype(str)
        strand = (texts == "+").astype(np.int8) - (texts == "-")
    name = (
        values["name"].astype(str) if "name" in values else by_place(tuple(chromosomes), numbers, start, end)
    )
    return Rows(
        tuple(chromosomes),
        numbers.astype(np.int32),
        start,
        end,
        strand.astype(np.int8),
        name,
        np.arange(1, len(start) + 1),
        columns | ({"summit": values["summit"]} if "summit" in values else {}),
    )


def _columns(path: Path) -> dict[str, Column]:
    """All columns by name; text as arrays of text."""
    reading = optional("pyarrow.parquet", path)
    if not path.is_file():
        raise DataError(path, "there is no such file", "give a Parquet file")
    try:
        table = reading.read_table(str(path))
        found = {name: table.column(name).to_numpy() for name in table.column_names}
    except Exception as error:  # whatever the library raises of damaged files
        raise DataError(path, f"it cannot be read ({error})", "give a Parquet file of regions") from error
    return {
        name: values.astype(str) if values.dtype.kind == "O" else values for name, values in found.items()
    }


def _integers(path: Path, name: str, values: Column) -> Column:
    if values.dtype.kind not in "iu":
        whole = values == np.floor(values) if values.dtype.kind == "f" else np.zeros(len(values), bool)
        _refuse(path, ~whole, f"{name} must be a whole number")
    return values.astype(np.int64)


def _refuse(path: Path, wrong: Column, problem: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(path, f"row {row + 1}: {problem}", "correct it, or give another file")
