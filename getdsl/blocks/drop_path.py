"""Body of `drop_path.get`."""

import torch
from torch import Tensor, nn


class DropPath(nn.Module):
    def __init__(self, *, p: float = 0.0) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if self.p == 0 or not self.training:
            return x
        if self.p == 1:
            return x.masked_fill(torch.ones((), dtype=torch.bool, device=x.device), 0)  # with a gradient
        keep = 1 - self.p
        kept = x.new_empty(x.shape[:1] + (1,) * (x.ndim - 1)).bernoulli_(keep)
        return x * kept.div_(keep)

    def extra_repr(self) -> str:
        return f"p={self.p}"
