"""The zarr layout `getdsl/sequence-regions`, version 1: regions of a genome, their DNA and their cut sites.

| array | shape | type |
|---|---|---|
| sequence | [N, W] | uint8, 0 to 3 for A C G T, 4 for N; W bp around the region's centre, on its strand |
| cut_sites | [N] | float32 |
| name, chrom, strand | [N] | string; strand is + or - |
| start, end | [N] | int64, the region itself, 0-based half-open |
"""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from getdsl.data.errors import DataError
from getdsl.formats.fasta import Codes

LAYOUT = "getdsl/sequence-regions"
VERSION = 1
ROWS_PER_CHUNK = 1024
PREPARE_AGAIN = "prepare the data set again"

ARRAYS = {"cut_sites": 1, "sequence": 2, "name": 1, "chrom": 1, "start": 1, "end": 1, "strand": 1}
"""Number of axes of each array; the first gives N."""

_TEXT = "TUO"  # numpy's kinds of text, by version
_KINDS = {"sequence": "u", "cut_sites": "iuf", "start": "iu", "end": "iu"}
_KIND_NAMES = {"u": "codes of type uint8", "iuf": "numbers", "iu": "integers", _TEXT: "text"}


@dataclass(frozen=True)
class Regions:
    """The arrays of the layout, in memory."""

    sequence: Codes  # [N, W]
    cut_sites: np.ndarray[Any, np.dtype[np.float32]]  # [N]
    name: np.ndarray[Any, Any]
    chrom: np.ndarray[Any, Any]
    start: np.ndarray[Any, np.dtype[np.int64]]
    end: np.ndarray[Any, np.dtype[np.int64]]
    strand: np.ndarray[Any, Any]


def write_regions(path: Path, regions: Regions, **attributes: Any) -> None:
    """Writes a group, which appears at `path` only once it is whole; `attributes` join the layout's own."""
    if path.exists():
        raise DataError(path, "it exists already", "remove it or choose another name")
    try:
        aside = Path(tempfile.mkdtemp(prefix=".building-", dir=path.parent))
    except OSError as error:
        problem = f"its folder cannot be written ({error.strerror})"
        raise DataError(path, problem, "choose a folder that exists and is writable") from error
    try:
        _write_arrays(aside / path.name, regions, attributes)
        _put_in_place(aside / path.name, path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _put_in_place(built: Path, path: Path) -> None:
    """A rename, which fails where another process has put a data set in the meantime."""
    try:
        os.rename(built, path)
    except OSError as error:
        raise DataError(path, f"it cannot be put there ({error.strerror})", "choose another name") from error


def _write_arrays(path: Path, regions: Regions, attributes: dict[str, Any]) -> None:
    group = zarr.open_group(path, mode="w-", zarr_format=3)
    group.attrs.update({"layout": LAYOUT, "version": VERSION, **attributes})
    for name in ARRAYS:
        values = getattr(regions, name)
        text = values.dtype.kind in _TEXT
        dtype = "string" if text else values.dtype
        array = group.create_array(
            name, shape=values.shape, dtype=dtype, chunks=(ROWS_PER_CHUNK, *values.shape[1:])
        )
        array[...] = values.astype(object) if text else values


def open_regions(path: Path) -> zarr.Group:
    """The group at `path`, once its layout, version, arrays, types and shapes have been checked."""
    if not path.exists():
        raise DataError(path, "there is no such data set", "check the path, or make it with `getdsl prepare`")
    try:
        group = zarr.open_group(path, mode="r")
    except (OSError, ValueError, KeyError) as error:  # zarr's own errors are of these kinds
        raise DataError(
            path, "it is not a zarr group", "give the folder that `getdsl prepare` wrote"
        ) from error
    _check_attributes(path, group)
    for name in ARRAYS:
        _check_array(path, group, name)
    return group


def _check_attributes(path: Path, group: zarr.Group) -> None:
    layout, version = group.attrs.get("layout"), group.attrs.get("version")
    if layout != LAYOUT:
        raise DataError(path, f"its layout is {layout!r}, not {LAYOUT!r}", "give a data set of that layout")
    if version != VERSION:
        raise DataError(
            path, f"version {version!r} of its layout is not known, only {VERSION}", PREPARE_AGAIN
        )


def _check_array(path: Path, group: zarr.Group, name: str) -> None:
    if not isinstance(group.get(name), zarr.Array):
        raise DataError(path, f"it has no array {name}", PREPARE_AGAIN)
    array, rows = array_of(group, name), array_of(group, "cut_sites").shape[:1]
    if array.ndim != ARRAYS[name] or array.shape[:1] != rows:
        wanted = "[N, W]" if ARRAYS[name] == 2 else "[N]"
        raise DataError(path, f"{name} has shape {array.shape}, not {wanted} with N of {rows}", PREPARE_AGAIN)
    kinds = _KINDS.get(name, _TEXT)
    if array.dtype.kind not in kinds or (kinds == "u" and array.dtype != np.uint8):
        problem = f"{name} is of type {array.dtype}, but it holds {_KIND_NAMES[kinds]}"
        raise DataError(path, problem, PREPARE_AGAIN)


def array_of(group: zarr.Group, name: str) -> zarr.Array[Any]:
    """An array that `open_regions` has seen to be there."""
    array = group[name]
    assert isinstance(array, zarr.Array)
    return array


def read_column(group: zarr.Group, name: str) -> np.ndarray[Any, Any]:
    """An array of the group; text as numpy's `str`."""
    values = np.asarray(array_of(group, name)[...])
    return np.array(values.tolist(), dtype=str) if values.dtype.kind in _TEXT else values


def fingerprint_regions(group: zarr.Group) -> str:
    """sha256 over the arrays' names, types, shapes and values, whatever the chunks or the compression."""
    digest = hashlib.sha256()
    for name in ARRAYS:
        values = read_column(group, name)
        text = values.dtype.kind in _TEXT
        digest.update(f"{name} {values.shape} {'text' if text else values.dtype}".encode())
        digest.update("\n".join(values).encode() if text else np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()
