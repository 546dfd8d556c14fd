"""What each motif is divided by: its largest value over the peaks that a cell type keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.hashing import stamp_of
from getdsl.data.places import Ints
from getdsl.data.region_motif.chunks import Array, unpacked
from getdsl.data.region_motif.store import DATA, MotifStore
from getdsl.text.kept import cache_folder, keep, read_kept

Floats = np.ndarray[Any, np.dtype[np.float32]]


def largest(store: MotifStore, kept: Mapping[str, Ints]) -> dict[str, Floats]:
    """The largest value [M] of each motif over some rows, by name; zeros where there are no rows.

    A chunk is in memory at a time, and what was found is kept in the user's cache for as long as the store
    and the rows stay. Raises DataError where a value is not finite.
    """
    stamp = stamp_of(Path(store.path))
    places = {
        name: cache_folder() / "motif_scales" / f"{_key(stamp, rows)}.json" for name, rows in kept.items()
    }
    found = {name: value for name, path in places.items() if (value := _known(path, store)) is not None}
    missing = {name: rows for name, rows in kept.items() if name not in found}
    if missing:
        found |= _computed(store, missing)
        for name in missing:
            keep(places[name], found[name].tolist())
    return {name: found[name] for name in kept}


def _key(stamp: str, rows: Ints) -> str:
    return hashlib.sha256(stamp.encode() + np.ascontiguousarray(rows).tobytes()).hexdigest()[:32]


def _known(path: Any, store: MotifStore) -> Floats | None:
    kept = read_kept(path)
    if not isinstance(kept, list) or len(kept) != len(store.motifs):
        return None
    return np.array(kept, np.float32)


def _computed(store: MotifStore, kept: Mapping[str, Ints]) -> dict[str, Floats]:
    array = store.array(DATA)
    size, masks = array.chunks[0], {name: _mask(rows, len(store.peaks)) for name, rows in kept.items()}
    found = {name: np.full(array.shape[1], -np.inf, np.float32) for name in kept}
    for number in range(-(-len(store.peaks) // size)):
        chunk = unpacked(array, number, store.path)
        _refuse_infinite(chunk, number * size, store)
        for name, mask in masks.items():
            rows = chunk[mask[number * size : number * size + len(chunk)]]
            if len(rows):
                np.maximum(found[name], rows.max(axis=0), out=found[name])
    return {name: np.where(np.isfinite(value), value, 0) for name, value in found.items()}


def _mask(rows: Ints, peaks: int) -> Array:
    mask = np.zeros(peaks, bool)
    mask[rows] = True
    return mask


def _refuse_infinite(chunk: Array, first: int, store: MotifStore) -> None:
    if np.isfinite(chunk).all():
        return
    row, column = np.argwhere(~np.isfinite(chunk))[0].tolist()
    problem = f"`{store.motifs[column]}` of {store.peaks.named(first + row)} is {chunk[row, column]}"
    raise DataError(store.path, problem, "give each peak a finite number for each motif")
