"""How a store lies on disk: a zarr group, an array for each reader, a shard file for each stretch of rows.

store.zarr/zarr.json            what it was made of, and whether it is whole
store.zarr/batch/KEY/zarr.json  shape, type and the reader's declaration
store.zarr/batch/KEY/c.3.0.0    the values of rows, one after the other, then the index of the shard
store.zarr/regions, samples     the regions' table and the rows of each sample, for other programs
store.zarr/sha256/KEY           the hash of each shard file
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

LAYOUT, VERSION = "getdsl.batches", 1
GROUP_FILE = "zarr.json"
BATCH, REGIONS, SAMPLES, HASHES = "batch", "regions", "samples", "sha256"
LOCK = ".lock"  # of the process that prepares the store
KINDS = "biuf"  # of numpy's types: what a batch can be made of

_CHUNK_BYTES = 64 << 10
_SHARD_BYTES = 32 << 20
_SHARD_ROWS = 8192  # so that rows of a few bytes are tasks that end too


@dataclass(frozen=True)
class ArrayLayout:
    """The array of one reader: `[rows, *row]`, or `[celltypes, rows, *row]` where cell types differ in it."""

    key: str
    rows: int
    row: tuple[int, ...]
    dtype: np.dtype[Any]
    celltypes: int | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return (*self._lead(self.celltypes), self.rows, *self.row)

    @property
    def row_bytes(self) -> int:
        return math.prod(self.row) * self.dtype.itemsize

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def chunk_rows(self) -> int:
        """Rows of an inner chunk, the least that a zarr reader reads."""
        return max(1, min(_CHUNK_BYTES // self.row_bytes, _SHARD_ROWS, self.rows))

    @property
    def shard_rows(self) -> int:
        """Rows of a shard, a multiple of those of an inner chunk."""
        most = max(1, min(_SHARD_BYTES // self.row_bytes, _SHARD_ROWS) // self.chunk_rows)
        return self.chunk_rows * min(most, -(-self.rows // self.chunk_rows))

    @property
    def chunk_shape(self) -> tuple[int, ...]:
        return (*self._lead(1), self.chunk_rows, *self.row)

    @property
    def shard_shape(self) -> tuple[int, ...]:
        return (*self._lead(1), self.shard_rows, *self.row)

    def _lead(self, size: int | None) -> tuple[int, ...]:
        return (size or 1,) if self.celltypes is not None else ()

    def shards(self) -> Iterator[Shard]:
        """All shards, those of a cell type after each other."""
        return map(self.shard, range((self.celltypes or 1) * self.shards_each))

    @property
    def shards_each(self) -> int:
        """The shards of one cell type, or of all rows where they are shared."""
        return -(-self.rows // self.shard_rows)

    def shard(self, number: int) -> Shard:
        celltype, place = divmod(number, self.shards_each)
        first = place * self.shard_rows
        lead = (celltype,) if self.celltypes is not None else ()
        name = ".".join(["c", *map(str, (*lead, place, *(0,) * len(self.row)))])
        return Shard(self, number, celltype, first, min(self.rows, first + self.shard_rows), name)


@dataclass(frozen=True)
class Shard:
    """Rows `first` to `end` of an array, in a file of their own; `number` counts through all cell types."""

    array: ArrayLayout
    number: int
    celltype: int
    first: int
    end: int
    name: str

    def __len__(self) -> int:
        return self.end - self.first

    def path(self, store: Path) -> Path:
        return store / BATCH / self.array.key / self.name
