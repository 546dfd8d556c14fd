"""The samples of a split that are shown: those with the most signal, of bounded size."""

from __future__ import annotations

import heapq
from typing import NamedTuple

from torch import Tensor

MOST = 3  # samples
MOST_POSITIONS, MOST_TRACKS = 4096, 3  # of each


class Example(NamedTuple):
    """A sample's number in its split, and its values [L] or [L, T] or [R, R]; NaN where a mask leaves out."""

    sample: int
    measured: Tensor
    predicted: Tensor


class Examples:
    def __init__(self) -> None:
        self.samples = 0
        self._held: list[tuple[float, int, Example]] = []  # a heap, the least signal first

    def add(self, prediction: Tensor, target: Tensor) -> None:
        """A batch of samples, [B, L], [B, L, T] or [B, R, R]; NaN where there is nothing to compare."""
        signal = target.nan_to_num().flatten(1).sum(1)
        for number in signal.argsort(descending=True)[:MOST].tolist():
            sample = self.samples + number
            if len(self._held) == MOST and float(signal[number]) <= self._held[0][0]:
                break
            example = Example(sample, *(_cut(value[number]) for value in (target, prediction)))
            heapq.heappush(self._held, (float(signal[number]), -sample, example))
            if len(self._held) > MOST:
                heapq.heappop(self._held)
        self.samples += len(target)

    def most(self) -> list[Example]:
        """The most signal first."""
        return [example for _, _, example in sorted(self._held, key=lambda item: item[:2], reverse=True)]


def _cut(value: Tensor) -> Tensor:
    """A copy of the first positions, and of as many tracks as are drawn, or the map's corner."""
    value = value[:MOST_POSITIONS]
    if value.dim() == 2:
        most = MOST_POSITIONS if value.shape[0] == value.shape[1] else MOST_TRACKS
        value = value[:, :most]
    return value.clone()
