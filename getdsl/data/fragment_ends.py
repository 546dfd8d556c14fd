"""Where fragments of one chromosome begin and end, from which cut sites and coverage follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Counted = Literal["cut_sites", "coverage"]
Positions = np.ndarray[Any, np.dtype[np.int32]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class FragmentEnds:
    """`start` and `end` of fragments, 0-based half-open, each ordered by itself: 8 bytes a fragment.

    Fragments that do not touch a place change nothing there, so that those around it are enough.
    """

    start: Positions
    end: Positions

    @staticmethod
    def of(start: Any, end: Any) -> FragmentEnds:
        """Of positions in any order."""
        return FragmentEnds(np.sort(np.asarray(start, np.int32)), np.sort(np.asarray(end, np.int32)))

    def values(self, counted: Counted, start: int, end: int) -> Numbers:
        """[end - start]: at each base the first and last ones of fragments, or the fragments over it."""
        return self.cut_sites(start, end) if counted == "cut_sites" else self.coverage(start, end)

    def cut_sites(self, start: int, end: int) -> Numbers:
        """[end - start]; a fragment has two, its first base and its last."""
        first, last = _within(self.start, start, end), _within(self.end, start + 1, end + 1)
        sites = np.concatenate([first - start, last - (start + 1)])
        return np.bincount(sites, minlength=end - start)

    def coverage(self, start: int, end: int) -> Numbers:
        """[end - start]: fragments that began up to a base, less those that ended by it."""
        change = np.bincount(_within(self.start, start, end) - start, minlength=end - start)
        change -= np.bincount(_within(self.end, start, end) - start, minlength=end - start)
        before = _up_to(self.start, start) - _up_to(self.end, start)
        return before + np.cumsum(change)


def _within(positions: Positions, start: int, end: int) -> Positions:
    return positions[_up_to(positions, start) : _up_to(positions, end)]


def _up_to(positions: Positions, limit: int) -> int:
    """How many positions lie before one; of the positions' own type, that NumPy does not convert them all."""
    return int(np.searchsorted(positions, np.int32(limit)))


NONE = FragmentEnds.of([], [])


def distinct(start: Numbers, end: Numbers, cell: Numbers) -> tuple[Numbers, Numbers]:
    """Each pair of ends once for each cell, all [n]."""
    order = np.lexsort((end, start, cell))
    start, end, cell = start[order], end[order], cell[order]
    first = np.ones(len(start), bool)
    first[1:] = (np.diff(start) != 0) | (np.diff(end) != 0) | (np.diff(cell) != 0)
    return start[first], end[first]
