"""Random choices that follow from seed, epoch and sample alone, whoever asks in whatever order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

Indices = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Floats = np.ndarray[Any, np.dtype[np.float64]]

FLIP, SHIFT, PICK, BLOCK, MEASURED, NEGATIVE, MASK = 1, 2, 3, 4, 5, 6, 7
"""What is drawn: the strand, the shift, which samples an epoch takes, which blocks are held out, which
samples a split is measured on, which windows are negatives, and which positions are hidden."""

_POSITIONS = 1 << 24  # of a sample, at most


def uniform(seed: int, epoch: int, stream: int, samples: Indices) -> Floats:
    """A number in [0, 1) for each sample: SplitMix64 (Steele, Lea and Flood 2014) of its key."""
    key = np.uint64(seed)
    for word in (epoch, stream):
        key = _mixed(np.atleast_1d(key ^ _mixed(np.array([word], np.uint64))))[0]
    mixed = _mixed(samples.astype(np.uint64) ^ key)
    found: Floats = (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return found


def _mixed(state: np.ndarray[Any, np.dtype[np.uint64]]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    with np.errstate(over="ignore"):
        z = state + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


@dataclass(frozen=True)
class Draws:
    """The choices of a batch's samples [n]."""

    seed: int
    epoch: int
    samples: Indices

    @staticmethod
    def of(seed: int, epoch: int, samples: Indices) -> Draws:
        return Draws(seed, epoch, samples)

    @cached_property
    def flips(self) -> Flags:
        """Whether each is read from the other strand."""
        return uniform(self.seed, self.epoch, FLIP, self.samples) < 0.5

    @cached_property
    def shifts(self) -> Floats:
        """How far each is shifted, in [0, 1)."""
        return uniform(self.seed, self.epoch, SHIFT, self.samples)

    def bp(self, jitter: int) -> Indices:
        """Shifts by -jitter to jitter bp, all equally likely; readers of one jitter move together."""
        return np.floor(self.shifts * (2 * jitter + 1)).astype(np.int64) - jitter

    def each(self, stream: int, positions: int) -> Floats:
        """A number in [0, 1) for each position of each sample, [n, positions]."""
        keys = self.samples[:, None] * _POSITIONS + np.arange(positions)
        return uniform(self.seed, self.epoch, stream, keys)
