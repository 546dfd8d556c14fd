"""One number of a model as a function of one input, as libraries of attribution want it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, fx, nn

from getdsl.runs.interpret.target import Target


class Explained(nn.Module):
    """x [n, C, P] and the sample of each row [n] -> [n, 1].

    C is the input's last axis and P all between it and the samples'. The other inputs are those of a batch.
    """

    def __init__(
        self, module: fx.GraphModule, target: Target, name: str, inputs: Mapping[str, Tensor]
    ) -> None:
        super().__init__()
        self.module, self.target, self.name, self.inputs = module.requires_grad_(False), target, name, inputs
        self.shape = inputs[name].shape[1:]
        self.x = channels_first(inputs[name])
        self.eval()  # libraries put a module back into the mode that it says it is in

    @property
    def device(self) -> torch.device:
        return self.x.device

    def of(self, rows: Tensor) -> Explained:
        """The same for some samples of the batch."""
        inputs = {name: value[rows] for name, value in self.inputs.items()}
        return Explained(self.module, self.target, self.name, inputs)

    def forward(self, x: Tensor, rows: Tensor) -> Tensor:
        rows = rows.to(torch.int64)  # a library may have made floats of them
        others = {key: value[rows] for key, value in self.inputs.items() if key != self.name}
        output: Tensor = self.module(**others, **{self.name: as_given(x, self.shape)})
        return self.target.numbers(output)[:, None]

    def values(self, x: Tensor, rows: Tensor) -> Tensor:
        """The same without gradients, [n]."""
        with torch.no_grad():
            found: Tensor = self(x, rows)[:, 0]
        return found


def channels_first(x: Tensor) -> Tensor:
    """[B, …, C] as [B, C, P]."""
    return x.reshape(len(x), -1, x.shape[-1] if x.dim() > 1 else 1).transpose(1, 2).contiguous()


def as_given(x: Tensor, shape: torch.Size) -> Tensor:
    """[B, C, P] as the input is, [B, …, C]."""
    return x.transpose(1, 2).reshape(len(x), *shape)
