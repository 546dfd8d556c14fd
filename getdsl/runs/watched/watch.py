"""Gathers of each term, in one pass over a split, what its pictures are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.lower.measures.pair_sums import PairSums
from getdsl.compiler.stages.comparisons import Comparison, comparisons
from getdsl.compiler.stages.prediction_axes import Axes, axes_of
from getdsl.compiler.stages.scales import PROBABILITIES
from getdsl.runs.watched.examples import Example, Examples
from getdsl.runs.watched.probability_bins import Calibration, ProbabilityBins
from getdsl.runs.watched.scale import as_measured


class Seen(NamedTuple):
    """What was seen of a term; `tracks` has the Pearson correlation of each."""

    loss: str
    axes: Axes
    examples: list[Example]
    tracks: list[float]
    calibration: Calibration | None


class Watch:
    """Is shown the outputs and the batch of each step."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        graph = next(iter(compiled.spec.stages.losses.values()), None)
        found = comparisons(graph) if graph is not None else {}
        self.terms = {name: WatchedTerm(each) for name, each in found.items()}

    def add(self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> None:
        if not self.terms:
            return
        values = self.compiled.compared(outputs, batch)
        for name, term in self.terms.items():
            if f"{name}.prediction" in values:
                mask = values.get(f"{name}.mask")
                term.add(values[f"{name}.prediction"], values[f"{name}.target"], mask)

    def seen(self) -> dict[str, Seen]:
        return {name: term.seen() for name, term in self.terms.items()}


class WatchedTerm:
    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.axes = axes_of(comparison.type, comparison.loss)
        self.examples = Examples() if self.axes.kind in ("profile", "contacts") else None
        self.tracks = PairSums(1) if self.axes.track is not None else None
        self.bins = ProbabilityBins() if comparison.loss in PROBABILITIES else None

    def add(self, prediction: Tensor, target: Tensor, mask: Tensor | None) -> None:
        """A batch; one whose target has other axes than the prediction shows nothing."""
        sides = as_measured(self.comparison, prediction, target)
        if sides is None:
            return
        prediction, target = sides
        counts = prediction.isfinite() & target.isfinite()
        if mask is not None:
            counts &= mask.reshape(mask.shape + (1,) * (counts.dim() - mask.dim())).cpu()
        if self.bins is not None:
            self.bins.add(prediction[counts], target[counts])
        shown, goal, counts = (self.axes.of(value) for value in (prediction, target, counts))
        if self.tracks is not None:
            x, y, known = (value.flatten(0, -2)[None] for value in (shown, goal, counts))
            self.tracks.add(x, y, known, torch.zeros(1, dtype=torch.int64))
        if self.examples is not None:
            self.examples.add(*(value.where(counts, float("nan")) for value in (shown, goal)))

    def seen(self) -> Seen:
        return Seen(
            self.comparison.loss,
            self.axes,
            self.examples.most() if self.examples is not None else [],
            self._correlations(),
            self.bins.calibration() if self.bins is not None else None,
        )

    def _correlations(self) -> list[float]:
        found = self.tracks.metrics() if self.tracks is not None else {}
        return found["pearson"][0].tolist() if found else []
