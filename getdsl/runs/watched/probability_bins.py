"""How often what was predicted with a probability came true, in bins of it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

BINS = 20


class Calibration(NamedTuple):
    """Of each bin that holds predictions: how many, their mean probability, and the share that came true."""

    counts: list[int]
    predicted: list[float]
    observed: list[float]

    def error(self) -> float:
        """The expected calibration error: the mean distance of the two, by how many predictions there are."""
        gaps = (abs(p - o) * n for n, p, o in zip(*self, strict=True))
        return sum(gaps) / max(1, sum(self.counts))


class ProbabilityBins:
    def __init__(self) -> None:
        self._sums = torch.zeros(3, BINS, dtype=torch.float64)

    def add(self, probability: Tensor, target: Tensor) -> None:
        """Flat values [N] of each."""
        number = (probability * BINS).long().clamp(0, BINS - 1)
        rows = torch.stack([torch.ones_like(probability), probability, target]).double()
        self._sums.index_add_(1, number, rows)

    def calibration(self) -> Calibration:
        counts, predicted, observed = self._sums[:, self._sums[0] > 0]
        return Calibration(counts.int().tolist(), (predicted / counts).tolist(), (observed / counts).tolist())
