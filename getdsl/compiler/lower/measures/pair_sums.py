"""Metrics of each group and track from sums that batches are added to, so that no value stays in memory."""

from __future__ import annotations

import torch
from torch import Tensor

FEW = 2  # values that have no correlation
_SUMS = 7  # number, x, y, x², y², xy, |x - y|


class PairSums:
    """Sums over predictions x and targets y of G groups and T tracks, in double precision.

    They are about the targets' mean in the first batch, so that large values with little spread lose nothing.
    """

    def __init__(self, groups: int) -> None:
        self.groups = groups
        self._sums: Tensor | None = None
        self._origin = torch.zeros(0)

    def add(self, prediction: Tensor, target: Tensor, counts: Tensor, group: Tensor) -> None:
        """Values [B, P, T] of each, of which those count where `counts` is true; `group` [B]."""
        weight = counts.double()
        x, y = (value.double().where(counts, 0.0) for value in (prediction, target))
        if self._sums is None:
            self._origin = y.sum((0, 1)) / weight.sum((0, 1)).clamp(min=1)
            self._sums = torch.zeros(_SUMS, self.groups, y.shape[2], dtype=torch.float64)
        far = (x - y).abs() * weight
        x, y = (x - self._origin) * weight, (y - self._origin) * weight
        each = torch.stack([weight, x, y, x * x, y * y, x * y, far]).sum(2)  # [7, B, T]
        self._sums.index_add_(1, group, each)

    def metrics(self) -> dict[str, Tensor]:
        """Each [G, T]; NaN where one is not defined."""
        if self._sums is None:
            return {}
        number, x, y, xx, yy, xy, far = self._sums
        errors = (xx - 2 * xy + yy).clamp(min=0)
        spread = (yy - y * y / number).clamp(min=0)
        both = spread * (xx - x * x / number).clamp(min=0)
        few = number < FEW
        nan = float("nan")
        return {
            "values": number,
            "pearson": ((xy - x * y / number) / both.sqrt()).where((both > 0) & ~few, nan).clamp(-1, 1),
            "r2": (1 - errors / spread).where((spread > 0) & ~few, nan),
            "mse": errors / number,
            "mae": far / number,
        }


class Means:
    """The mean of a figure over the samples of each group [G, T], those aside that have none."""

    def __init__(self, groups: int, tracks: int) -> None:
        self._sums = torch.zeros(2, groups, tracks, dtype=torch.float64)

    def add(self, values: Tensor, group: Tensor) -> None:
        """[B, T]."""
        known = values.isfinite()
        each = torch.stack([values.double().where(known, 0.0), known.double()])
        self._sums.index_add_(1, group, each)

    def mean(self) -> Tensor:
        return self._sums[0] / self._sums[1]

    def overall(self) -> float:
        """The mean over all groups and tracks."""
        total, number = self._sums.sum((1, 2)).tolist()
        return total / number if number else float("nan")


def within_samples(prediction: Tensor, target: Tensor, counts: Tensor) -> Tensor:
    """The correlation across the positions of each sample and track, [B, T] of [B, P, T]."""
    number = counts.sum(1)
    x, y = (value.double().where(counts, 0.0) for value in (prediction, target))
    x, y = ((value - value.sum(1, keepdim=True) / number[:, None]) * counts for value in (x, y))
    both = (x * x).sum(1) * (y * y).sum(1)
    return ((x * y).sum(1) / both.sqrt()).where((both > 0) & (number > FEW), float("nan"))


def divergence(one: Tensor, other: Tensor) -> Tensor:
    """The Jensen-Shannon divergence of the shapes of two profiles [B, P, T], in nats; [B, T]."""
    p, q = (value.double().clamp(min=0) for value in (one, other))
    p, q = (value / value.sum(1, keepdim=True) for value in (p, q))
    middle = (p + q) / 2

    def to_middle(value: Tensor) -> Tensor:
        found: Tensor = torch.special.xlogy(value, value / middle.clamp(min=1e-300)).sum(1)
        return found

    return (to_middle(p) + to_middle(q)) / 2
