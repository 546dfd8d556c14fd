"""Metrics that compare profiles along their positions, from sums: no profile is kept."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from getdsl.compiler.lower.inputs import InputError
from getdsl.compiler.lower.measures.pair_sums import Means, PairSums, divergence, within_samples
from getdsl.compiler.lower.measures.value_pairs import counting
from getdsl.compiler.stages.prediction_axes import Axes
from getdsl.compiler.stages.scales import LOG_SHARES

NAN = float("nan")


class Profiles:
    """Takes predictions and targets that have `axes`; a loss may take logarithms of shares."""

    def __init__(self, name: str, loss: str, axes: Axes) -> None:
        self.name, self.loss, self.axes = name, loss, axes
        self._along: dict[str, Means] = {}
        self._across: PairSums | None = PairSums(1)
        self._shape: torch.Size | None = None
        self._below_zero = False  # in some batch, so that nothing is a share

    def add(self, prediction: Tensor, target: Tensor, mask: Tensor | None) -> None:
        """Raises InputError where a profile has shares below 0."""
        prediction, target = (side.detach().cpu().double() for side in (prediction, target))
        target = target.expand(prediction.shape)
        counts = counting(mask.cpu() if mask is not None else None, prediction)
        if self.loss in LOG_SHARES:
            prediction = prediction.exp() * target.where(counts, 0.0).sum(-1, keepdim=True)
        x, y, counts = (_laid_out(self.axes, value) for value in (prediction, target, counts))  # [B, P, T]
        group = torch.zeros(len(x), dtype=torch.int64)
        along = {"pearson_across_positions": within_samples(x, y, counts)}
        self._below_zero |= bool(((x < 0) & counts).any())
        if not self._below_zero:
            along["jsd"] = divergence(x.where(counts, 0.0), y.where(counts, 0.0))
        for name, values in along.items():
            self._along.setdefault(name, Means(1, values.shape[1])).add(values, group)
        self._add_across(x, y, counts, group)

    def _add_across(self, x: Tensor, y: Tensor, counts: Tensor, group: Tensor) -> None:
        self._shape = self._shape or x.shape[1:]
        if x.shape[1:] != self._shape:
            self._across = None  # positions of samples of different lengths are not the same
        if self._across is not None:
            x, y, counts = (side.flatten(1).unsqueeze(1) for side in (x, y, counts))  # [B, 1, P · T]
            self._across.add(x, y, counts, group)

    def figures(self, names: Iterable[str]) -> dict[str, float]:
        """Means over all profiles, or over all positions and tracks; NaN where none has one."""
        return {name: self._figure(name) for name in names}

    def _figure(self, name: str) -> float:
        if name == "pearson_across_samples":
            values = self._across.metrics().get("pearson") if self._across is not None else None
            return float(values.nanmean()) if values is not None else NAN
        means = self._along.get(name)
        if name == "jsd" and self._below_zero:
            raise InputError(
                f"the metric `jsd` of `{self.name}` compares profiles that are not negative; "
                "name what it compares: `[jsd] of (exp(…), batch.…)`"
            )
        return means.overall() if means is not None else NAN


def _laid_out(axes: Axes, value: Tensor) -> Tensor:
    """[B, P, T] of a tensor [B, …]."""
    shown = axes.of(value)
    return shown if shown.dim() == 3 else shown.unsqueeze(-1)
