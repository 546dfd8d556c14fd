"""A store that is read: whole, of the version that is known, and of what a spec declares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.opened import PerProcess
from getdsl.data.places import Ints
from getdsl.data.store.declaration import Record, around_difference, reader_difference
from getdsl.data.store.layout import BATCH, GROUP_FILE, KINDS, LAYOUT, VERSION, ArrayLayout
from getdsl.data.store.regions import regions_difference
from getdsl.data.store.shard import MENDED, Array, map_shard
from getdsl.data.table import RegionTable
from getdsl.text.opener import MEBIBYTE, read_bytes

_MOST = 64 * MEBIBYTE
ANEW = "`getdsl prepare SPEC --overwrite` makes it anew"


@dataclass(frozen=True)
class StoredArray:
    """An array of a store, with the record of its reader."""

    layout: ArrayLayout
    reader: Record


class StoredRows:
    """The rows of an array, gathered from its mapped shards; each process maps its own."""

    def __init__(self, path: Path, layout: ArrayLayout) -> None:
        self._path, self._layout = path, layout
        self._shard_rows, self._shards_each = layout.shard_rows, layout.shards_each
        self._maps: PerProcess[dict[int, Array]] = PerProcess(dict)

    def rows(self, numbers: Ints, celltypes: Ints) -> Array:
        """[n, *row], of some rows and, where cell types differ, the cell type of each. Raises DataError."""
        layout, maps = self._layout, self._maps.get()
        shard, at = np.divmod(numbers, self._shard_rows)
        if layout.celltypes is not None:
            shard = shard + celltypes * self._shards_each
        needed = np.unique(shard).tolist()
        for number in needed:
            if number not in maps:
                maps[number] = self._mapped(number)
        if len(needed) == 1:
            found: Array = maps[needed[0]].take(at, axis=0)
            return found
        found = np.empty((len(numbers), *layout.row), layout.dtype)
        for row, (number, place) in enumerate(zip(shard.tolist(), at.tolist(), strict=True)):
            found[row] = maps[number][place]
        return found

    def _mapped(self, number: int) -> Array:
        shard = self._layout.shard(number)
        return map_shard(shard.path(self._path), shard)


# -- what is said of it


def read_group(path: Path) -> Record:
    """The attributes of a store, whole or not. Raises DataError where it is none, or of a newer version."""
    found = _attributes(_json(path / GROUP_FILE, path))
    if found.get("layout") != LAYOUT:
        raise DataError(path, "it is no store of batches", "name another folder, or take it away")
    version = found.get("version")
    if version != VERSION:
        problem = f"it is a store of version {version}, and this getdsl knows {VERSION}"
        raise DataError(path, problem, f"use a newer getdsl; or {ANEW}")
    return found


def read_array(path: Path, key: str) -> StoredArray | None:
    """The array of a key; None where there is none. Raises DataError where its description is damaged."""
    about = path / BATCH / key / GROUP_FILE
    if not about.exists():
        return None
    found = _json(about, about)
    try:
        reader = _attributes(found)["reader"]
        layout = _layout(key, found, per_celltype=bool(reader["celltypes"]))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise DataError(about, "it is damaged", MENDED) from error
    return StoredArray(layout, reader)


def _layout(key: str, found: Record, *, per_celltype: bool) -> ArrayLayout:
    """Raises ValueError where shards are not cut as this version cuts them."""
    shape, dtype = tuple(found["shape"]), np.dtype(found["data_type"]).newbyteorder("<")
    celltypes, shape = (shape[0], shape[1:]) if per_celltype else (None, shape)
    layout = ArrayLayout(key, shape[0], shape[1:], dtype, celltypes)
    if tuple(found["chunk_grid"]["configuration"]["chunk_shape"]) != layout.shard_shape:
        raise ValueError("another shape of shards")
    if dtype.kind not in KINDS:
        raise ValueError("another type")
    return layout


def _json(path: Path, named: Path) -> Record:
    try:
        found = json.loads(read_bytes(path, _MOST))
    except FileNotFoundError as error:
        raise DataError(named, "it is no store of batches", MENDED) from error
    except OSError as error:
        raise DataError(path, f"it cannot be read ({error.strerror})", "give a store that can be") from error
    except (ValueError, RecursionError) as error:
        raise DataError(path, "it is damaged", ANEW) from error
    if not isinstance(found, dict):
        raise DataError(path, "it is damaged", ANEW)
    return found


def _attributes(found: Record) -> Record:
    attributes = found.get("attributes")
    return attributes if isinstance(attributes, dict) else {}


# -- opening it


def open_store(
    path: Path, around: Record, readers: Mapping[str, Record], regions: RegionTable
) -> dict[str, tuple[StoredRows, Record]]:
    """The rows of each reader, with the record that the store has of it; no row is read by this.

    Raises DataError where the store is not whole, or holds something else than is declared.
    """
    group = read_group(path)
    if group.get("complete") is not True:
        raise DataError(path, "the store was cut off in writing", "`getdsl prepare SPEC` goes on with it")
    difference = group_difference(path, group, around, regions)
    if difference is not None:
        raise DataError(path, difference, ANEW)
    return {key: _opened(path, key, record) for key, record in readers.items()}


def group_difference(path: Path, group: Record, around: Record, regions: RegionTable) -> str | None:
    """What a store has otherwise than all readers of a spec, in words, with the first region that differs."""
    difference = around_difference(group, around)
    if difference is None or group.get("regions") == around["regions"]:
        return difference
    place = regions_difference(path, regions)
    return f"{difference}: {place}" if place is not None else difference


def _opened(path: Path, key: str, record: Record) -> tuple[StoredRows, Record]:
    array = read_array(path, key)
    if array is None:
        raise DataError(path, f"it has no `{key}`", MENDED)
    difference = reader_difference(array.reader, record)
    if difference is not None:
        raise DataError(path, f"reader `{key}` differs: {difference}", MENDED)
    return StoredRows(path, array.layout), array.reader
