"""The regions' table and the samples in a store, for other programs and for messages."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from getdsl.data.places import Ints
from getdsl.data.store.group import zarr_group
from getdsl.data.store.layout import REGIONS, SAMPLES
from getdsl.data.table import RegionTable

_ROWS = 65_536  # written at once, and a chunk


def write_regions(path: Path, table: RegionTable, rows: Ints | None) -> None:
    """The arrays `regions` and, where windows are samples, `samples`, in place of those that are there."""
    for name in (REGIONS, SAMPLES):
        if (path / name).exists():
            shutil.rmtree(path / name)
    group = zarr_group(path, write=True)
    regions = group.create_group(REGIONS)
    _write_text(regions, "chrom", table.chrom, np.array(table.chromosomes, object))
    for name in ("start", "end", "strand"):
        _write(regions, name, getattr(table, name))
    _write_column(regions, "name", table.name)
    columns = regions.create_group("columns")
    for name, values in table.columns.items():
        _write_column(columns, quote(name, safe=" ").replace(".", "%2E"), values)
    if rows is not None:
        _write(group.create_group(SAMPLES), "rows", rows)


def _write_column(group: Any, name: str, values: np.ndarray[Any, Any]) -> None:
    if values.dtype.kind in "biuf":
        _write(group, name, values)
    else:
        _write_text(group, name, np.arange(len(values)), values)


def _write(group: Any, name: str, values: np.ndarray[Any, Any]) -> None:
    chunks = (min(_ROWS, max(1, len(values))), *values.shape[1:])
    array = group.create_array(name, shape=values.shape, dtype=values.dtype, chunks=chunks)
    for start in range(0, len(values), _ROWS):
        array[start : start + _ROWS] = values[start : start + _ROWS]


def _write_text(group: Any, name: str, numbers: Ints, texts: np.ndarray[Any, Any]) -> None:
    """The texts of some numbers, so many at once."""
    chunks = (min(_ROWS, max(1, len(numbers))),)
    array = group.create_array(name, shape=numbers.shape, dtype="string", chunks=chunks)
    for start in range(0, len(numbers), _ROWS):
        part = texts[numbers[start : start + _ROWS]]
        array[start : start + _ROWS] = np.array([str(item) for item in part.tolist()], object)


def regions_difference(path: Path, table: RegionTable) -> str | None:
    """`row 17 is chrI:100-200 there, chrI:150-250 here`; None where that cannot be said."""
    try:
        regions = zarr_group(path)[REGIONS]
        start, end = regions["start"][...], regions["end"][...]
        if len(start) != len(table):
            return f"{len(start):,} there, {len(table):,} here"
        rows = np.flatnonzero((start != table.start) | (end != table.end))
        if not rows.size:
            return None
        row = int(rows[0])
        there = f"{regions['chrom'][row : row + 1][0]}:{start[row]}-{end[row]}"
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return f"row {row + 1} is {there} there, {table.place(row)} here"
