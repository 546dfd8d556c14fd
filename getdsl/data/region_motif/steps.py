"""Windows of consecutive peaks, one a step, whose start a training sample draws anew."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from getdsl.data.places import Ints
from getdsl.data.region_motif.peaks import Peaks

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Steps:
    """The windows of one cell type; positions count its kept peaks, in their order.

    `starts` are all positions where a window may start, ascending. Sample k may start at any of
    `starts[low[k]:high[k]]`, and starts at `starts[home[k]]` where nothing is drawn.
    """

    starts: Ints
    low: Ints
    high: Ints
    home: Ints

    def __len__(self) -> int:
        return len(self.home)

    def start(self, samples: Ints, drawn: Floats | None) -> Ints:
        """Where some samples start [n]; `drawn` [n] in [0, 1) chooses among a sample's starts evenly."""
        at = self.home[samples]
        if drawn is not None:
            low, high = self.low[samples], self.high[samples]
            at = low + np.floor(drawn * (high - low)).astype(np.int64)
        found: Ints = self.starts[at]
        return found

    def reach(self) -> tuple[Ints, Ints]:
        """The first and the last start [S] of each sample."""
        return self.starts[self.low], self.starts[self.high - 1]


def steps_of(peaks: Peaks, kept: Ints, size: int, step: int, span: int | None) -> Steps:
    """Windows of `size` of the kept peaks, which stand in the order of their places.

    On each chromosome there is one for each `step` peaks, which may start at the `step` peaks around its
    place, of an odd number one more before it, as in GET. None crosses a chromosome's end, or reaches over
    more than `span` bp from the start of its first peak to the end of its last.
    """
    parts = [
        _on_chromosome(peaks, kept, int(first), int(last), size, step, span)
        for first, last in runs(peaks.chrom[kept])
    ]
    offsets = np.cumsum([0, *(len(part.starts) for part in parts)])
    pairs = list(zip(parts, offsets, strict=False))
    return Steps(
        np.concatenate([part.starts for part in parts] or [np.empty(0, np.int64)]),
        *(
            np.concatenate(
                [getattr(part, name) + offset for part, offset in pairs] or [np.empty(0, np.int64)]
            )
            for name in ("low", "high", "home")
        ),
    )


def runs(values: Ints) -> list[tuple[int, int]]:
    """The stretches of equal values, half-open."""
    edges = np.flatnonzero(np.diff(values)) + 1 if len(values) else np.empty(0, np.int64)
    bounds = [0, *edges.tolist(), len(values)]
    return [(first, last) for first, last in pairwise(bounds) if last > first]


def _on_chromosome(
    peaks: Peaks, kept: Ints, first: int, last: int, size: int, step: int, span: int | None
) -> Steps:
    starts = np.arange(first, last - size + 1)
    if span is not None:
        starts = starts[peaks.end[kept[starts + size - 1]] - peaks.start[kept[starts]] <= span]
    marks = np.arange(first, last, step)
    before = min(-(-step // 2), step - 1)
    low = np.searchsorted(starts, marks - before)
    high = np.searchsorted(starts, marks - before + step)
    some = high > low
    low, high, marks = low[some], high[some], marks[some]
    return Steps(starts, low, high, _nearest(starts, marks, low, high))


def _nearest(starts: Ints, marks: Ints, low: Ints, high: Ints) -> Ints:
    """Of the starts from `low` to `high` those nearest to their marks, the later of two."""
    after = np.clip(np.searchsorted(starts, marks), low, high - 1)
    before = np.clip(after - 1, low, high - 1)
    nearer = np.abs(starts[before] - marks) < np.abs(starts[after] - marks)
    found: Ints = np.where(nearer, before, after)
    return found
