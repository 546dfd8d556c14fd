"""Predictions as they lie in their store, read a piece at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np
import zarr

from getdsl.data.places import Ints
from getdsl.runs.predict.writer import OUTPUTS, Array

_PIECES = 8  # that are kept in memory


class StoredOutput:
    """One output [N, …] of all samples, in their order."""

    def __init__(self, group: zarr.Group, name: str) -> None:
        array: Any = group[f"{OUTPUTS}/{name}"]
        self._array = array
        self.shape: tuple[int, ...] = self._array.shape
        self.piece: int = self._array.chunks[0]
        self._kept: OrderedDict[int, Array] = OrderedDict()

    def pieces(self) -> Iterator[tuple[slice, Array]]:
        """All of it, with the samples that each piece is of."""
        size = self.piece
        for start in range(0, self.shape[0], size):
            part = slice(start, min(start + size, self.shape[0]))
            yield part, self.part(part)

    def part(self, samples: slice) -> Array:
        found: Array = self._array[samples]
        return found

    def rows(self, numbers: Ints) -> Array:
        """Some samples, by their place in the store."""
        found = np.empty((len(numbers), *self.shape[1:]), self._array.dtype)
        pieces = numbers // self.piece
        for piece in np.unique(pieces).tolist():
            here = pieces == piece
            found[here] = self._piece(piece)[numbers[here] - piece * self.piece]
        return found

    def _piece(self, number: int) -> Array:
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        self._kept[number] = self.part(slice(number * self.piece, (number + 1) * self.piece))
        if len(self._kept) > _PIECES:
            self._kept.popitem(last=False)
        return self._kept[number]
