"""Regions of a window end to end, as GET's models of DNA take them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import Tensor

from getdsl.data.places import Places
from getdsl.data.reader import Array
from getdsl.data.table import RegionTable

Flags = np.ndarray[Any, np.dtype[np.bool_]]


class EndToEnd:
    """What is read around the centres of regions, `widest` bp each, cut to the regions and joined."""

    def __init__(self, table: RegionTable) -> None:
        lengths = table.end - table.start
        self.widest = int(lengths.max())
        self.equal = self.widest == int(lengths.min())
        """Whether all regions are of one length, so that joined ones can be told apart without it."""

    def inside(self, places: Places) -> Flags:
        """[n, widest]: which of the positions around a region's centre, read on its strand, are its own."""
        length = places.end - places.start
        before = places.start - places.resized(self.widest).start
        first = np.where(places.strand < 0, self.widest - before - length, before)[:, None]
        at = np.arange(self.widest)
        found: Flags = (at >= first) & (at < first + length[:, None])
        return found

    def joined(self, values: Array, inside: Flags, fill: float) -> Array:
        """[n, L, …] of values [n, R, widest, …]: those inside, then `fill` up to the longest sample."""
        flat, inside = (item.reshape(len(item), -1, *item.shape[3:]) for item in (values, inside))
        lengths = inside.sum(axis=1)
        longest = int(lengths.max(initial=0))
        found: Array = np.full((len(flat), longest, *flat.shape[2:]), fill, flat.dtype)
        found[np.arange(longest) < lengths[:, None]] = flat[inside]
        return found

    def each(self, values: Tensor, turn: Callable[[Tensor], Tensor]) -> Tensor:
        """`turn` of each region of values [n, L, …], which are all of one length."""
        regions = values.reshape(-1, self.widest, *values.shape[2:])
        return turn(regions).reshape(values.shape)
