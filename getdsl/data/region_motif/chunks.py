"""Rows of zarr arrays by their chunks, of which the last used stay unpacked."""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise
from typing import Any

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.places import Ints

Array = np.ndarray[Any, Any]

MOST = 64 << 20
"""Bytes of unpacked chunks that are kept; a single larger one is kept alone, as long as it is in use."""


class Chunks:
    """What a process has unpacked of the arrays of one store."""

    def __init__(self, path: str, most: int = MOST) -> None:
        self.path = path
        self.most = most
        self.held = 0
        self._chunks: OrderedDict[tuple[str, int], Array] = OrderedDict()

    def rows(self, array: Any, rows: Ints) -> Array:
        """Some rows [n, …] of an array. Raises DataError where a chunk is damaged."""
        found = np.empty((len(rows), *array.shape[1:]), array.dtype)
        self.fill(found, array, rows)
        return found

    def fill(self, found: Array, array: Any, rows: Ints) -> None:
        """Writes some rows of an array into `found`; quick where rows that follow each other are near."""
        size = array.chunks[0]
        numbers = rows // size
        edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(rows)]
        for first, last in pairwise(edges):
            if last > first:
                number = int(numbers[first])
                found[first:last] = self._chunk(array, number)[rows[first:last] - number * size]

    def _chunk(self, array: Any, number: int) -> Array:
        key = array.name, number
        if key in self._chunks:
            self._chunks.move_to_end(key)
            return self._chunks[key]
        chunk = unpacked(array, number, self.path)
        self._chunks[key] = chunk
        self.held += chunk.nbytes
        while self.held > self.most and len(self._chunks) > 1:
            self.held -= self._chunks.popitem(last=False)[1].nbytes
        return chunk


def unpacked(array: Any, number: int, path: str) -> Array:
    """The rows of one chunk. Raises DataError where it cannot be read."""
    first = number * array.chunks[0]
    last = min(first + array.chunks[0], array.shape[0])
    try:
        found: Array = array[first:last]
    except Exception as error:  # codecs raise what they like
        problem = f"rows {first} to {last} of `{array.name.strip('/')}` cannot be read ({error})"
        raise DataError(path, problem, "fetch or write the store again: a chunk of it is damaged") from error
    return found
