"""Values of stretches as the intervals of a track: where stretches overlap, their mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from getdsl.data.places import Ints

Floats = np.ndarray[Any, np.dtype[np.float64]]
Interval = tuple[str, int, int, float]
Values = Callable[[Ints], Floats]  # [n, bins] of some stretches, by their numbers

BLOCK = 1 << 20  # bp that are put together at once


@dataclass(frozen=True)
class Stretches:
    """Stretches of one chromosome, ordered by `start`; one may reach beyond the chromosome's ends."""

    chrom: str
    length: int
    number: Ints
    start: Ints
    end: Ints

    def intervals(self, values: Values) -> Iterator[Interval]:
        """Ordered, apart from each other, each as long as its value; bases without a number have none."""
        widest = int((self.end - self.start).max(initial=0))
        for low in range(0, self.length, BLOCK):
            high = min(low + BLOCK, self.length)
            first, last = np.searchsorted(self.start, [low - widest, high])
            here = np.arange(first, last)
            here = here[self.end[here] > low]
            if len(here):
                yield from self._of_block(low, high, here, values)

    def _of_block(self, low: int, high: int, here: Ints, values: Values) -> Iterator[Interval]:
        total, number = np.zeros(high - low), np.zeros(high - low, np.int32)
        for at, found in zip(here.tolist(), values(self.number[here]), strict=True):
            start, end = int(self.start[at]), int(self.end[at])
            inside = slice(max(start, low) - low, min(end, high) - low)
            along = np.repeat(found, (end - start) // len(found))
            total[inside] += along[max(start, low) - start : min(end, high) - start]
            number[inside] += 1
        mean = np.divide(total, number, out=np.full(len(total), np.nan), where=number > 0)
        yield from _runs(self.chrom, low, mean.astype(np.float32))


def _runs(chrom: str, low: int, values: np.ndarray[Any, np.dtype[np.float32]]) -> Iterator[Interval]:
    """The stretches of equal numbers."""
    bits = values.view(np.int32)
    edges = np.concatenate([[0], np.flatnonzero(bits[1:] != bits[:-1]) + 1, [len(values)]])
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        value = float(values[start])
        if np.isfinite(value):
            yield chrom, low + start, low + end, value
