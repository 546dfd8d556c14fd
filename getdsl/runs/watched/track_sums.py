"""The correlation of each track over a split, from sums that batches are added to."""

from __future__ import annotations

import torch
from torch import Tensor

FEW = 2  # values that have no correlation


class TrackSums:
    """Sums over all values of a track, in double precision, about the mean of its first batch."""

    def __init__(self) -> None:
        self._sums = torch.zeros(0)
        self._origin = torch.zeros(0)

    def add(self, prediction: Tensor, target: Tensor, counts: Tensor) -> None:
        """Values [N, T] of each, of which those count where `counts` is true."""
        weight = counts.double()
        pair = torch.stack([prediction, target]).double().where(counts, 0.0)  # [2, N, T]
        if not len(self._sums):
            self._origin = pair.sum(1) / weight.sum(0).clamp(min=1)
            self._sums = torch.zeros(6, pair.shape[2], dtype=torch.float64)
        x, y = (pair - self._origin[:, None]) * weight
        self._sums += torch.stack([weight, x, y, x * x, y * y, x * y]).sum(1)

    def pearson(self) -> Tensor:
        """Of each track [T]; NaN where one side is constant, or has too few values."""
        number, x, y, xx, yy, xy = self._sums
        spread = (number * xx - x * x) * (number * yy - y * y)
        found = (number * xy - x * y) / spread.clamp(min=0).sqrt()
        known: Tensor = found.where((number > FEW) & found.isfinite(), float("nan")).clamp(-1, 1)
        return known
