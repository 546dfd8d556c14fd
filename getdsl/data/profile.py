"""Readers of values by base: kept by position, binned, or reduced to one a region."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from getdsl.data.places import Ints, Place, Places
from getdsl.data.reader import Array, Reader, cropped

Reduction = Literal["sum", "mean", "max"]
REDUCTIONS: Mapping[Reduction, Callable[..., Any]] = {"sum": np.sum, "mean": np.mean, "max": np.max}


class Profile(Reader):
    """One track around the centre of each region, read along its strand, float32; reduced in float64.

    By position [n, length] or [n, length / bin], else a value a region [n]: of `length` bp, or of the region.
    A class says what lies at the bases of one place, by `values`.
    """

    def __init__(self, length: int | None, bin: int | None, reduce: Reduction | None, jitter: int) -> None:
        self.length, self.bin, self.jitter = length, bin, jitter
        self.by_position = length is not None and (bin is not None or reduce is None)
        self.reduce: Callable[..., Any] = REDUCTIONS[reduce or "sum"]

    def values(self, place: Place) -> Array:
        """[bp]: what lies at each base of a place, along the chromosome."""
        raise NotImplementedError

    def read(self, places: Places) -> Array:
        """Bases with their margin where a shift may still come, else what a batch holds."""
        wide = places if self.length is None else places.resized(self.length + 2 * self._margin)
        found = np.empty((len(places), *self._stored), np.float32)
        for row, place in enumerate(wide):
            values = self.values(place)[:: place.strand]
            found[row] = values if self._margin else self._reduced(values[None])[0]
        return found

    def tensor(self, values: Array, shifts: Ints) -> Tensor:
        if self._margin:
            assert self.length is not None
            values = self._reduced(cropped(values, self.length, shifts))
        return torch.from_numpy(np.ascontiguousarray(values, np.float32))

    def reverse_complement(self, values: Tensor) -> Tensor:
        return values.flip(-1) if self.by_position else values

    @property
    def turns(self) -> bool:
        return self.by_position

    @property
    def _margin(self) -> int:
        """What is reduced whole is not shifted."""
        return self.jitter if self.by_position else 0

    @property
    def _stored(self) -> tuple[int, ...]:
        if not self.by_position:
            return ()
        assert self.length is not None
        return (self.length + 2 * self._margin if self._margin else self.length // (self.bin or 1),)

    def _reduced(self, values: Array) -> Array:
        """What becomes of bases [n, bp]."""
        if self.by_position and self.bin is None:
            return values
        bins = values.reshape(len(values), -1, self.bin or 1) if self.by_position else values
        reduced: Array = self.reduce(bins.astype(np.float64), axis=-1)
        return reduced
