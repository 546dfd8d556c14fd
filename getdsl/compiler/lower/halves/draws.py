"""Random numbers in training, and in evaluation their mean, or what is drawn there too."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def normal_like(
    x: Tensor, mean: float = 0.0, std: float = 1.0, evaluation: str = "mean", *, training: bool = False
) -> Tensor:
    if training or evaluation == "draw":
        return torch.randn_like(x, dtype=_floats(x)) * std + mean
    return torch.full_like(x, mean, dtype=_floats(x))


def uniform_like(
    x: Tensor, low: float = 0.0, high: float = 1.0, evaluation: str = "mean", *, training: bool = False
) -> Tensor:
    if training or evaluation == "draw":
        return torch.rand_like(x, dtype=_floats(x)) * (high - low) + low
    return torch.full_like(x, (low + high) / 2, dtype=_floats(x))


def bernoulli_like(x: Tensor, p: float = 0.5, evaluation: str = "mean", *, training: bool = False) -> Tensor:
    if training or evaluation == "draw":
        return (torch.rand_like(x, dtype=_floats(x)) < p).to(_floats(x))
    return torch.full_like(x, p, dtype=_floats(x))


def _floats(x: Tensor) -> torch.dtype:
    return x.dtype if x.is_floating_point() else torch.float32


DRAWS = {"normal_like": normal_like, "uniform_like": uniform_like, "bernoulli_like": bernoulli_like}


class Draw(nn.Module):
    """A drawing operation as a module of a graph, which knows whether it trains."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, x: Tensor, *args: float, **settings: float | str) -> Tensor:
        drawn: Tensor = DRAWS[self.name](x, *args, **settings, training=self.training)  # type: ignore[operator]
        return drawn

    def extra_repr(self) -> str:
        return self.name
