"""One task of preparing: a shard of one reader's array. It may be done again, by any process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from getdsl.data.declared import DeclaredData
from getdsl.data.errors import DataError
from getdsl.data.hashing import sha256_now
from getdsl.data.store.layout import Shard
from getdsl.data.store.shard import Array, map_shard, write_shard

_BLOCK_BYTES, _BLOCK_ROWS = 4 << 20, 1024  # read at once


def fill(source: DeclaredData, path: Path, shard: Shard) -> str:
    """Writes a shard, unless it is there; the sha256 of its file. Raises DataError and OSError."""
    place = shard.path(path)
    if place.exists():
        try:
            map_shard(place, shard)
            return sha256_now(place)
        except DataError:
            place.unlink()
    return write_shard(place, shard, _blocks(source, shard))


def _blocks(source: DeclaredData, shard: Shard) -> Iterator[Array]:
    """The rows of a shard, some at a time."""
    array, reader = shard.array, source.readers[shard.array.key]
    step = max(1, min(_BLOCK_ROWS, _BLOCK_BYTES // array.row_bytes))
    for first in range(shard.first, shard.end, step):
        numbers = np.arange(first, min(shard.end, first + step))
        values = reader.read(source.places_of_rows(array.key, numbers, shard.celltype))
        if values.shape != (len(numbers), *array.row) or values.dtype != array.dtype:
            wanted = f"{array.dtype} of shape {[len(numbers), *array.row]}"
            problem = (
                f"reader `{array.key}` yields {values.dtype} of shape {list(values.shape)}, not {wanted}"
            )
            raise DataError(source.path, f"{problem}, from row {first + 1} on", "let all rows be alike")
        yield values.astype(array.dtype, copy=False)
