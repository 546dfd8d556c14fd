"""Cases in groups by over how many bp they differ from their samples: a group is computed in one run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

Ints = np.ndarray[tuple[int], np.dtype[np.int64]]
SIZES = 64  # widths that groups choose among
RUN = 8000
"""What a run costs beside its cases, as so many bp."""


@dataclass(frozen=True)
class Group:
    """Cases by their rows, and where each begins to differ from its sample, for `width` bp at most."""

    width: int
    rows: Ints
    start: Ints


def by_width(differs: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Iterator[Group]:
    """All cases, by where they differ from their samples [V, L], in as few bp and runs as pay."""
    length = differs.shape[1]
    start = differs.argmax(axis=1)
    width = np.where(differs.any(axis=1), length - differs[:, ::-1].argmax(axis=1) - start, 1)
    steps = np.unique(np.geomspace(1, length, SIZES).round().astype(np.int64))
    size = steps[np.searchsorted(steps, width)]
    sizes, counts = np.unique(size, return_counts=True)
    for first, last in _cheapest(sizes, counts):
        rows = np.flatnonzero((size >= sizes[first]) & (size <= sizes[last]))
        yield Group(int(sizes[last]), rows, start[rows].clip(max=length - sizes[last]))


def _cheapest(sizes: Ints, counts: Ints) -> list[tuple[int, int]]:
    """Sizes from and to which cases are one group, each as wide as the widest of it."""
    cases = np.concatenate([[0], counts.cumsum()])
    cost, begin = np.zeros(len(cases)), np.zeros(len(cases), int)
    for end in range(1, len(cases)):
        of_last = cost[:end] + RUN + (cases[end] - cases[:end]) * sizes[end - 1]
        begin[end] = of_last.argmin()
        cost[end] = of_last[begin[end]]
    found, end = [], len(sizes)
    while end:
        found.append((int(begin[end]), end - 1))
        end = int(begin[end])
    return found[::-1]
