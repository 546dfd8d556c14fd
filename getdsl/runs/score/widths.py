"""Cases in groups by over how many bp they differ from their samples: a group is computed in one run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

Ints = np.ndarray[tuple[int], np.dtype[np.int64]]
FEW = 8  # cases, which are not worth a run of their own


@dataclass(frozen=True)
class Group:
    """Cases by their rows, and where each begins to differ from its sample, for `width` bp at most."""

    width: int
    rows: Ints
    start: Ints


def by_width(differs: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Iterator[Group]:
    """All cases, by where they differ from their samples [V, L]; a few join those that are wider."""
    length = differs.shape[1]
    start = differs.argmax(axis=1)
    width = np.where(differs.any(axis=1), length - differs[:, ::-1].argmax(axis=1) - start, 1)
    steps = np.unique([min(8, length), length // 4, length // 2, length])
    sizes = steps[np.searchsorted(steps, width)]
    found = np.unique(sizes).tolist()
    waiting = np.empty(0, np.int64)
    for size in found:
        waiting = np.concatenate([waiting, np.flatnonzero(sizes == size)])
        if len(waiting) >= FEW or size == found[-1]:
            yield Group(size, waiting, start[waiting].clip(max=length - size))
            waiting = waiting[:0]
