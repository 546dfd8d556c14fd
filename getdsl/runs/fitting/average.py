"""An exponential moving average of the weights that are trained, which is what is measured and kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from getdsl.compiler.lower.low_rank import named_parameters
from getdsl.runs.run_folder.records import AverageState


class Average:
    """After each step `decay` · average + (1 - decay) · weights; after the first step the weights.

    Buffers, such as the running statistics of a BatchNorm, are the model's own.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.weights = {name: value for name, value in named_parameters(module) if value.requires_grad}
        self.average = {name: value.detach().clone() for name, value in self.weights.items()}
        self.steps = 0
        self._mix = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def update(self) -> None:
        """Takes in the weights after a step."""
        if self.steps == 0:
            for name, value in self.weights.items():
                self.average[name].copy_(value)
        elif self.weights:
            self._mix([*self.average.values()], [*self.weights.values()], self.steps)
        self.steps += 1

    @torch.no_grad()
    def swap(self) -> None:
        """Has the model hold the average, and this the weights; the second time it is undone."""
        for name, value in self.weights.items():
            held = value.clone()
            value.copy_(self.average[name])
            self.average[name].copy_(held)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The model holds the average meanwhile."""
        self.swap()
        try:
            yield
        finally:
            self.swap()

    def state(self) -> AverageState:
        return {"steps": self.steps, "weights": {name: value.clone() for name, value in self.average.items()}}

    def restore(self, state: AverageState) -> None:
        self.steps = state["steps"]
        for name, value in state["weights"].items():
            self.average[name].copy_(value)
