"""Predictions in the units of what was measured, by the loss that compares them."""

from __future__ import annotations

from torch import Tensor

from getdsl.compiler.stages.comparisons import Comparison


def as_measured(comparison: Comparison, prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Logits as probabilities, log rates as rates, log shares of a profile as the counts that they expect."""
    match comparison.loss:
        case "BCEWithLogits":
            return prediction.sigmoid(), target
        case "PoissonNLL" if comparison.params.get("log_input", True):
            return prediction.exp(), target
        case "log1pMSE":
            return prediction, target.log1p()
        case "MNLL":
            return prediction.exp() * target.sum(-1, keepdim=True), target
    return prediction, target
