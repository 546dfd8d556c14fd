"""Writing a store: what is to be done, and how each part of it is done. Every part may be done again.

A store is laid out first, then each shard is filled by a task of its own, in any order and any process, and
the store is whole once all of them are. What was written stays, so that a store that was cut off goes on.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.data.declared import DeclaredData
from getdsl.data.errors import DataError
from getdsl.data.hashing import sha256_now
from getdsl.data.store.declaration import Record, reader_difference
from getdsl.data.store.group import zarr_group
from getdsl.data.store.layout import (
    BATCH,
    GROUP_FILE,
    HASHES,
    KINDS,
    LAYOUT,
    LOCK,
    REGIONS,
    SAMPLES,
    VERSION,
    ArrayLayout,
    Shard,
)
from getdsl.data.store.regions import write_regions
from getdsl.data.store.stored import ANEW, group_difference, read_array, read_group


@dataclass(frozen=True)
class Plan:
    """A store as it is to be: the array of each key, and in words why one that was there is made again."""

    path: Path
    arrays: Mapping[str, ArrayLayout]
    again: Mapping[str, str]

    def shards(self) -> list[Shard]:
        return [shard for array in self.arrays.values() for shard in array.shards()]

    @property
    def bytes_left(self) -> int:
        """What is still to be written, about."""
        left = [shard for shard in self.shards() if not shard.path(self.path).exists()]
        return sum(len(shard) * shard.array.row_bytes for shard in left)


def layouts_of(source: DeclaredData) -> dict[str, ArrayLayout]:
    """The array of each key, by what its reader yields of the first row. Raises DataError."""
    return {key: _layout_of(source, key) for key in source.readers}


def _layout_of(source: DeclaredData, key: str) -> ArrayLayout:
    reader = source.readers[key]
    values = reader.read(source.places_of_rows(key, np.zeros(1, np.int64), 0))
    if values.dtype.kind not in KINDS or not values.size:
        problem = f"reader `{key}` yields {values.dtype} of shape {values.shape}, which no store holds"
        raise DataError(source.path, problem, "let it yield numbers")
    rows = len(source.rows) if reader.whole_windows else len(source.regions)
    celltypes = len(source.declared.celltypes) if reader.per_celltype else None
    return ArrayLayout(key, rows, values.shape[1:], values.dtype.newbyteorder("<"), celltypes)


# -- laying out


def lay_out(source: DeclaredData, path: Path, *, overwrite: bool = False) -> Plan:
    """Makes the store ready to be filled; arrays that hold what is declared stay as they are.

    `path` is a folder that is there, and held by this process. Raises DataError where it is something else,
    or a store of other regions that is not to be overwritten.
    """
    around = source.declaration.around
    kept = _there(path, overwrite=overwrite)
    difference = group_difference(path, kept, around, source.regions) if kept else None
    if difference is not None:
        fix = "add `--overwrite` to make it anew, or name another folder with `-o`"
        raise DataError(path, f"it is a store of something else: {difference}", fix)
    if not kept:
        clear(path)
    arrays = layouts_of(source)
    again = dict(_made_again(source, path, arrays))
    if kept.get("complete") is not True or not all(read_array(path, key) for key in arrays):
        group = zarr_group(path, write=True)
        group.attrs.put({"layout": LAYOUT, "version": VERSION, "complete": False, **around})
        _create_arrays(source, path, arrays)
    _drop_unfinished(path)
    return Plan(path, arrays, again)


def _there(path: Path, *, overwrite: bool) -> Record:
    """What a store says of itself that is to be gone on with; empty where a store is made anew.

    Raises DataError where something else stands there.
    """
    others = [place for place in path.iterdir() if not _is_ours(place)]
    if others:
        problem = f"the folder holds something else, such as {others[0].name}"
        raise DataError(path, problem, "name another folder with `-o`")
    if not (path / GROUP_FILE).exists():
        return {}
    try:
        return {} if overwrite and read_group(path) else read_group(path)
    except DataError as error:
        if overwrite and error.fix.endswith(ANEW):  # damaged, or of another version
            return {}
        raise


def _is_ours(place: Path) -> bool:
    return place.name in (GROUP_FILE, BATCH, REGIONS, SAMPLES, HASHES, LOCK) or place.suffix == ".partial"


def clear(path: Path) -> None:
    """Takes away all that `lay_out` and what follows it write."""
    (path / GROUP_FILE).unlink(missing_ok=True)
    for name in (BATCH, REGIONS, SAMPLES, HASHES):
        if (path / name).exists():
            shutil.rmtree(path / name)


def _made_again(
    source: DeclaredData, path: Path, arrays: Mapping[str, ArrayLayout]
) -> Iterator[tuple[str, str]]:
    """Takes away what is there and is not what is declared."""
    for key, layout in arrays.items():
        folder = path / BATCH / key
        if not folder.exists():
            continue
        there = read_array(path, key)
        if there is None:  # taken away by halves
            shutil.rmtree(folder)
            continue
        difference = reader_difference(there.reader, source.declaration.readers[key])
        if difference is None and there.layout != layout:
            difference = f"{list(there.layout.shape)} there, {list(layout.shape)} here"
        if difference is not None:
            (folder / GROUP_FILE).unlink()
            shutil.rmtree(folder)
            yield key, difference


def _create_arrays(source: DeclaredData, path: Path, arrays: Mapping[str, ArrayLayout]) -> None:
    write_regions(path, source.regions, source.rows if "samples" in source.declared.sources else None)
    batch = zarr_group(path, write=True).require_group(BATCH)
    for key, layout in arrays.items():
        if (path / BATCH / key).exists():
            continue
        batch.create_array(
            key,
            shape=layout.shape,
            dtype=layout.dtype,
            chunks=layout.chunk_shape,
            shards=layout.shard_shape,
            compressors=None,
            fill_value=0,
            chunk_key_encoding={"name": "default", "separator": "."},
            attributes={"reader": source.declaration.readers[key]},
        )


def _drop_unfinished(path: Path) -> None:
    """Files that a process wrote aside when it was killed: ours, and those of zarr."""
    for pattern in ("batch/*/.*", "**/*.partial"):
        for place in path.glob(pattern):
            place.unlink()


# -- ending


def finish(plan: Plan, hashes: Mapping[str, list[str]]) -> str:
    """Says that the store is whole: it holds the hashes of its shards by key; the hash of all of it."""
    group = zarr_group(plan.path, write=True)
    kept = dict(group.attrs)
    about = {name: item for name, item in kept.items() if name not in ("complete", "sha256")}
    digest = _store_sha256(plan.path, about, hashes)
    if kept.get("complete") is True and kept.get("sha256") == digest:
        return digest
    group.attrs.put({**about, "complete": False})
    arrays = group.require_group(HASHES)
    for key, texts in hashes.items():
        digests = np.array([list(bytes.fromhex(text)) for text in texts], np.uint8)
        arrays.create_array(key, data=digests, chunks=digests.shape, overwrite=True)
    group.attrs.put({**about, "complete": True, "sha256": digest})
    return digest


def _store_sha256(path: Path, about: Mapping[str, Any], hashes: Mapping[str, list[str]]) -> str:
    arrays = {key: [sha256_now(path / BATCH / key / GROUP_FILE), texts] for key, texts in hashes.items()}
    return hashlib.sha256(json.dumps([about, arrays], sort_keys=True).encode()).hexdigest()


def kept_hashes(plan: Plan) -> dict[str, list[str]]:
    """The hashes of the shards of a store that is whole, by key; none where they cannot be read."""
    group = zarr_group(plan.path)
    if group.attrs.get("complete") is not True:
        return {}
    try:
        found = {key: group[f"{HASHES}/{key}"][...] for key in plan.arrays}
    except (KeyError, ValueError, OSError):
        return {}
    return {key: [digest.tobytes().hex() for digest in digests] for key, digests in found.items()}
