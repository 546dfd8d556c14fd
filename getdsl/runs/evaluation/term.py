"""What is measured of one term of the loss, batch by batch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from getdsl.compiler.lower.measures.pair_sums import Means, PairSums, divergence, within_samples
from getdsl.compiler.stages.comparisons import Comparison
from getdsl.compiler.stages.prediction_axes import axes_of
from getdsl.compiler.stages.scales import PROBABILITIES
from getdsl.runs.watched.scale import as_measured

THRESHOLDS = 512  # at which curves of probabilities are taken


class Constant:
    """The mean of a term's targets over samples [P, T], as a predictor that knows nothing of the sample."""

    def __init__(self) -> None:
        self._sums: Tensor | None = None

    def add(self, target: Tensor, counts: Tensor) -> None:
        each = torch.stack([target.double().where(counts, 0.0), counts.double()]).sum(1)
        if self._sums is None:
            self._sums = torch.zeros_like(each)
        if self._sums.shape == each.shape:
            self._sums += each

    def profile(self) -> Tensor | None:
        """[P, T]: the mean at each position."""
        return self._sums[0] / self._sums[1].clamp(min=1) if self._sums is not None else None

    def level(self) -> Tensor | None:
        """[T]: the mean over all positions."""
        return self._sums[0].sum(0) / self._sums[1].sum(0).clamp(min=1) if self._sums is not None else None


class MeasuredTerm:
    """Sums of one term, for G groups of samples; `by_track` keeps its tracks apart."""

    def __init__(self, comparison: Comparison, groups: int, *, by_track: bool) -> None:
        self.comparison, self.by_track = comparison, by_track
        self.axes = axes_of(comparison.type, comparison.loss)
        self.pairs, self.samples, self.constant = (PairSums(groups) for _ in range(3))
        self.groups = groups
        self.means: dict[str, Means] = {}
        self.curves: dict[int, Any] = {}  # of each group

    def shaped(
        self, prediction: Tensor, target: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor] | None:
        """Predictions and targets [B, P, T], and which of them count; None where they have other axes."""
        sides = as_measured(self.comparison, prediction, target)
        if sides is None:
            return None
        counts = sides[0].isfinite() & sides[1].isfinite()
        if mask is not None:
            counts &= mask.reshape(mask.shape + (1,) * (counts.dim() - mask.dim())).cpu()
        tracks = self.axes.track is not None and self.by_track
        shown = [self.axes.of(value) for value in (*sides, counts)]
        if not tracks:
            return tuple(value.reshape(len(value), -1, 1) for value in shown)  # type: ignore[return-value]
        return tuple(value.reshape(len(value), -1, value.shape[-1]) for value in shown)  # type: ignore[return-value]

    def add(
        self, prediction: Tensor, target: Tensor, counts: Tensor, group: Tensor, constant: Constant
    ) -> None:
        self.pairs.add(prediction, target, counts, group)
        level, profile = constant.level(), constant.profile()
        if level is not None:
            self.constant.add(level.expand_as(target), target, counts, group)
        if self.axes.kind == "profile" and target.shape[1] > 1:
            self._add_profiles(prediction, target, counts, group, profile)
        if self.comparison.loss in PROBABILITIES:
            self._add_curves(prediction, target, counts, group)

    def _add_profiles(
        self, prediction: Tensor, target: Tensor, counts: Tensor, group: Tensor, mean: Tensor | None
    ) -> None:
        number = counts.sum(1, keepdim=True)
        x, y = (
            value.double().where(counts, 0.0).sum(1, keepdim=True) / number for value in (prediction, target)
        )
        self.samples.add(x, y, number > 0, group)
        self._mean("pearson_positions", within_samples(prediction, target, counts), group)
        if self.comparison.loss == "MNLL":
            self._mean("jsd", divergence(prediction, target), group)
            if mean is not None and mean.shape == target.shape[1:]:
                self._mean("mean_jsd", divergence(mean.expand_as(target), target), group)

    def _mean(self, name: str, values: Tensor, group: Tensor) -> None:
        self.means.setdefault(name, Means(self.groups, values.shape[1])).add(values, group)

    def _add_curves(self, prediction: Tensor, target: Tensor, counts: Tensor, group: Tensor) -> None:
        from torchmetrics.classification import MultilabelAUROC, MultilabelAveragePrecision

        labels = (target > 0.5).long().where(counts, -1)
        for number in sorted(set(group.tolist())):
            if number not in self.curves:
                settings: dict[str, Any] = {
                    "num_labels": target.shape[2],
                    "average": "none",
                    "thresholds": THRESHOLDS,
                }
                made = (MultilabelAUROC, MultilabelAveragePrecision)
                self.curves[number] = [each(**settings, ignore_index=-1) for each in made]
            here = group == number
            for curve in self.curves[number]:
                curve.update(prediction[here].flatten(0, 1), labels[here].flatten(0, 1))

    def figures(self) -> dict[str, Tensor]:
        """Each [G, T]."""
        found = self.pairs.metrics()
        if not found:
            return {}
        across = self.samples.metrics()
        if across:
            found["pearson_samples"] = across["pearson"]
        found |= {name: means.mean() for name, means in self.means.items()}
        if self.curves:
            found |= self._curves(found["values"])
        constant = self.constant.metrics()
        return found | {f"mean_{name}": constant[name] for name in ("mse", "mae") if constant}

    def _curves(self, like: Tensor) -> dict[str, Tensor]:
        found = {name: torch.full_like(like, float("nan")) for name in ("auroc", "average_precision")}
        for number, curves in self.curves.items():
            for values, curve in zip(found.values(), curves, strict=True):
                values[number] = curve.compute().double()
        return found
