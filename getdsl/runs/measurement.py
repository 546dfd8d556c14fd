"""Losses and metrics over a whole split, not means of batches."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from getdsl.compiler.lower.metrics import measure
from getdsl.compiler.sections.figures import figure_name
from getdsl.compiler.spec import Spec
from getdsl.runs.records import SumsState

Floats = NDArray[np.float32]
Pair = tuple[Tensor, Tensor]


class Measurement:
    """Takes in the batches of one pass; the predictions and targets stay in memory, on the CPU."""

    def __init__(self, spec: Spec) -> None:
        self.wanted = {name: term.metrics for name, term in spec.stages.metric_terms.items()}
        self.samples = 0
        self._sums: dict[str, float] = {}
        self._pairs: dict[str, list[Pair]] = {name: [] for name in self.wanted}

    def add(self, size: int, losses: Mapping[str, Tensor], pairs: Mapping[str, Pair] | None = None) -> None:
        """A batch of `size` samples; a loss is its mean over them."""
        self.samples += size
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value.detach()) * size
        for name, (prediction, target) in (pairs or {}).items():
            self._pairs[name].append((prediction.detach().float().cpu(), target.detach().float().cpu()))

    def state(self) -> SumsState:
        """The losses so far, for a run that goes on in the middle of an epoch."""
        return {"samples": self.samples, "sums": dict(self._sums)}

    def restore(self, state: SumsState) -> None:
        self.samples, self._sums = state["samples"], dict(state["sums"])

    def pairs(self) -> dict[str, tuple[Floats, Floats]]:
        """For each measured term all predictions and all targets, flat, in the order of the samples."""
        joined = {
            name: tuple(map(torch.cat, zip(*pairs, strict=True)))
            for name, pairs in self._pairs.items()
            if pairs
        }
        return {name: (prediction.numpy(), target.numpy()) for name, (prediction, target) in joined.items()}

    def figures(self, prefix: str) -> dict[str, float]:
        """Means of the losses per sample, and the metrics over all pairs; NaN where one is not defined."""
        terms = [name for name in self._sums if name != "total"]
        found = {f"{prefix}loss": self._sums.get("total", float("nan")) / max(1, self.samples)}
        if len(terms) > 1:
            found |= {f"{prefix}loss_{name}": self._sums[name] / max(1, self.samples) for name in terms}
        for term, (prediction, target) in self.pairs().items():
            values = metrics_of(self.wanted[term], prediction, target)
            found |= {
                prefix + figure_name(term, metric, single=len(self.wanted) == 1): value
                for metric, value in values.items()
            }
        return found


def metrics_of(names: tuple[str, ...], prediction: Floats, target: Floats) -> dict[str, float]:
    """Metrics over flat predictions and targets [N]; a correlation with a constant is NaN."""
    left, right = torch.from_numpy(prediction), torch.from_numpy(target)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torchmetrics says in prose what the NaN says
        found = {name: float(measure(name, left, right)) for name in names}
    if len(prediction) and (np.ptp(prediction) == 0 or np.ptp(target) == 0):
        found |= {name: float("nan") for name in ("pearson", "spearman") if name in found}
        if np.ptp(target) == 0 and "r2" in found:
            found["r2"] = float("nan")
    return found
