"""Metrics that compare values one by one: all of them are kept, and compared at the end."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

ERRORS = frozenset({"mse", "mae"})  # which a single value has
CORRELATIONS = frozenset({"pearson", "spearman"})


class Sides(NamedTuple):
    """[B, …] each; `mask` says where they are compared."""

    prediction: Tensor
    target: Tensor
    mask: Tensor | None


def counting(mask: Tensor | None, like: Tensor) -> Tensor:
    """Where values count, in the shape of `like`: axes that the mask lacks go on the right."""
    if mask is None:
        return torch.ones_like(like, dtype=torch.bool)
    return mask.reshape(mask.shape + (1,) * (like.dim() - mask.dim())).expand(like.shape)


def flat(prediction: Tensor, target: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Both flat, masked positions removed."""
    prediction, target = torch.broadcast_tensors(prediction, target)  # type: ignore[no-untyped-call]
    if mask is None:
        return prediction.reshape(-1), target.reshape(-1)
    chosen = counting(mask, prediction)
    return prediction[chosen], target[chosen]


def measure(name: str, prediction: Tensor, target: Tensor) -> Tensor:
    """One metric over flat predictions and targets [N]; NaN where there are too few values for it."""
    from torchmetrics import functional

    functions = {
        "pearson": functional.pearson_corrcoef,
        "spearman": functional.spearman_corrcoef,
        "r2": functional.r2_score,
        "mse": functional.mean_squared_error,
        "mae": functional.mean_absolute_error,
    }
    if prediction.numel() < (1 if name in ERRORS else 2):
        return prediction.new_full((), float("nan"))
    result: Tensor = functions[name](prediction.float(), target.float())
    return result


def metrics_of(names: Iterable[str], prediction: Tensor, target: Tensor) -> dict[str, float]:
    """Metrics over flat predictions and targets [N]; a correlation with a constant is NaN."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torchmetrics says in prose what the NaN says
        found = {name: float(measure(name, prediction, target)) for name in names}
    constant = [len(side) > 0 and bool((side == side[0]).all()) for side in (prediction, target)]
    undefined = (CORRELATIONS if any(constant) else frozenset()) | ({"r2"} if constant[1] else frozenset())
    return found | dict.fromkeys(undefined & found.keys(), float("nan"))


class Values:
    """Keeps what is compared, in float32 on the CPU."""

    def __init__(self) -> None:
        self._pairs: list[tuple[Tensor, Tensor]] = []

    def add(self, prediction: Tensor, target: Tensor, mask: Tensor | None) -> None:
        left, right = flat(prediction, target, mask)
        self._pairs.append((left.detach().float().cpu(), right.detach().float().cpu()))

    def pair(self) -> tuple[Tensor, Tensor] | None:
        """All predictions and all targets [N]; None before the first batch."""
        if not self._pairs:
            return None
        left, right = map(torch.cat, zip(*self._pairs, strict=True))
        return left, right

    def figures(self, names: Iterable[str]) -> dict[str, float]:
        pair = self.pair()
        return metrics_of(names, *pair) if pair is not None else dict.fromkeys(names, float("nan"))
