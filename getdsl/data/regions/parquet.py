"""Regions in a Parquet table, with columns that are called as in headers of text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.extras import optional
from getdsl.diagnostics.listing import joined
from getdsl.formats.bed import Rows, by_place
from getdsl.formats.layouts import SUMMIT, places_by_name
from getdsl.formats.region_blocks import factors

Column = np.ndarray[Any, Any]
_SIGNS = {"+": 1, "-": -1, ".": 0, "*": 0, "": 0, "None": 0, "nan": 0}


def read_parquet(path: Path) -> Rows:
    """The regions of a table; `line` is their row, from 1. Raises DataError where it cannot be used."""
    columns = _columns(path)
    names = list(columns)
    own = {name: columns.pop(names[at]) for name, at in places_by_name(names).items()}
    lacking = [name for name in ("chrom", "start", "end") if name not in own]
    if lacking:
        raise DataError(path, f"it lacks {joined(lacking)}", f"its columns are {joined(names)}")
    start, end = (_integers(path, name, own[name]) for name in ("start", "end"))
    _refuse_no_stretch(path, start, end)
    chromosomes, number = factors(own["chrom"].astype(str))
    if SUMMIT in own:
        columns[SUMMIT] = own[SUMMIT]
    return Rows(
        tuple(chromosomes),
        number.astype(np.int32),
        start,
        end,
        _strands(path, own["strand"]) if "strand" in own else np.zeros(len(start), np.int8),
        own["name"].astype(str) if "name" in own else by_place(tuple(chromosomes), number, start, end),
        np.arange(1, len(start) + 1),
        columns,
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


def _refuse_no_stretch(path: Path, start: Column, end: Column) -> None:
    _refuse(path, start < 0, "a region starts before its chromosome")
    _refuse(path, start == end, "a region has 0 bp")
    _refuse(path, start > end, "a region is reversed: its start lies after its end")


def _strands(path: Path, values: Column) -> Column:
    texts, numbers = factors(values.astype(str))
    signs = np.array([_SIGNS.get(text, 9) for text in texts], np.int8)[numbers]
    _refuse(path, signs == 9, "the strand must be +, - or .")
    return signs


def _refuse(path: Path, wrong: Column, problem: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(path, f"row {row + 1}: {problem}", "correct it, or give another file")
