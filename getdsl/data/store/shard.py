"""A shard file: rows as they are in memory, then zarr's index of the inner chunks.

The chunks are not compressed and stand in their order, so that all rows are one array that can be mapped.
Format: https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html
"""

from __future__ import annotations

import hashlib
import math
import mmap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.store.layout import Shard
from getdsl.text.opener import open_file
from getdsl.text.whole import whole_file

MENDED = "`getdsl prepare SPEC` mends it"
_ABSENT = (1 << 64) - 1  # offset and length of a chunk that lies beyond the array

Array = np.ndarray[Any, Any]


def write_shard(path: Path, shard: Shard, blocks: Iterable[Array]) -> str:
    """Writes the rows of all blocks, whole or not at all; the file's sha256. Raises OSError."""
    digest = hashlib.sha256()
    missing = _chunk_bytes(shard) * _chunks(shard) - len(shard) * shard.array.row_bytes
    with whole_file(path) as aside, aside.open("wb") as file:
        for block in blocks:
            values = np.ascontiguousarray(block).reshape(-1).view(np.uint8).data
            digest.update(values)
            file.write(values)
        for tail in (bytes(missing), _index(shard)):
            digest.update(tail)
            file.write(tail)
    return digest.hexdigest()


def map_shard(path: Path, shard: Shard) -> Array:
    """The rows of a shard, read from disk where they are touched. Raises DataError where it is damaged."""
    index = _index(shard)
    held = _chunk_bytes(shard) * _chunks(shard)
    try:
        with open_file(path) as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # a ValueError where it is empty
        raise _damaged(path, f"it cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if len(mapped) != held + len(index):
        raise _damaged(path, f"it has {len(mapped):,} bytes, not {held + len(index):,}")
    if mapped[held:] != index:
        raise _damaged(path, "its index is not that of its rows")
    count = math.prod((len(shard), *shard.array.row))
    return np.frombuffer(mapped, shard.array.dtype, count).reshape(len(shard), *shard.array.row)


def _damaged(path: Path, problem: str) -> DataError:
    return DataError(path, f"the shard is damaged: {problem}", MENDED)


def _index(shard: Shard) -> bytes:
    """Offset and length of each inner chunk, little-endian, and the crc32c of both."""
    from google_crc32c import value as crc32c

    size = _chunk_bytes(shard)
    index = np.full((shard.array.shard_rows // shard.array.chunk_rows, 2), _ABSENT, "<u8")
    index[: _chunks(shard), 0] = np.arange(_chunks(shard), dtype=np.uint64) * size
    index[: _chunks(shard), 1] = size
    return index.tobytes() + int(crc32c(index.tobytes())).to_bytes(4, "little")


def _chunks(shard: Shard) -> int:
    return -(-len(shard) // shard.array.chunk_rows)


def _chunk_bytes(shard: Shard) -> int:
    return shard.array.chunk_rows * shard.array.row_bytes
