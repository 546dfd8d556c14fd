"""Predictions in the units of what was measured, by the loss that compares them."""

from __future__ import annotations

import torch
from torch import Tensor

from getdsl.compiler.stages.comparisons import Comparison
from getdsl.compiler.stages.scales import CLASS_NUMBERS


def as_measured(comparison: Comparison, prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor] | None:
    """Both in float32 on the CPU, of one shape; None where the target has other axes.

    Logits as probabilities, numbers of classes as 0 and 1 for each class, log rates as rates, log shares of a
    profile as the counts that they expect.
    """
    prediction, target = (side.detach().float().cpu() for side in (prediction, target))
    if comparison.loss in CLASS_NUMBERS:
        classes = torch.arange(prediction.shape[-1])
        known = (target >= 0) & (target < len(classes))
        target = (target.unsqueeze(-1) == classes).float().masked_fill(~known.unsqueeze(-1), torch.nan)
        return prediction.softmax(-1), target
    if target.shape != prediction.shape:
        if not _fits(target, prediction):
            return None
        target = target.expand_as(prediction)
    return _in_its_units(comparison, prediction, target)


def _in_its_units(comparison: Comparison, prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    match comparison.loss:
        case "BCEWithLogits":
            return prediction.sigmoid(), target
        case "PoissonNLL" if comparison.params.get("log_input", True):
            return prediction.exp(), target
        case "log1pMSE":
            return prediction, target.log1p()
        case "MNLL":
            return prediction.exp() * target.sum(-1, keepdim=True), target
        case "KL":
            return prediction.exp(), target
    return prediction, target


def _fits(value: Tensor, other: Tensor) -> bool:
    """Whether a tensor can be repeated to another's shape."""
    pairs = zip(reversed(value.shape), reversed(other.shape), strict=False)
    return value.dim() <= other.dim() and all(size in (1, wanted) for size, wanted in pairs)
