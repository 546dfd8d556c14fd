"""Body of `upsample.get`."""

from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn


class Upsample(nn.Module):
    def __init__(self, *, scale_factor: int = 2, mode: Literal["nearest", "linear"] = "nearest") -> None:
        super().__init__()
        self.scale_factor, self.mode = scale_factor, mode

    def forward(self, x: Tensor) -> Tensor:
        """x [B, L, C] -> [B, scale_factor * L, C]."""
        if self.mode == "nearest":
            return x.repeat_interleave(self.scale_factor, dim=1)
        y = F.interpolate(x.transpose(1, 2), scale_factor=float(self.scale_factor), mode="linear")
        return y.transpose(1, 2)

    def extra_repr(self) -> str:
        return f"scale_factor={self.scale_factor}, mode={self.mode}"
