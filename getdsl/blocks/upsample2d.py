"""Body of `upsample2d.get`."""

from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from getdsl.blocks.padding import pair


class Upsample2d(nn.Module):
    def __init__(
        self,
        *,
        scale_factor: int | list[int] = 2,
        mode: Literal["nearest", "bilinear"] = "nearest",
        channels: Literal["first", "last"] = "first",
    ) -> None:
        super().__init__()
        self.scale_factor, self.mode, self.last = pair(scale_factor), mode, channels == "last"

    def forward(self, x: Tensor) -> Tensor:
        """x [B, C, H, W] -> [B, C, a * H, b * W], or with the channels last in both."""
        if self.mode == "nearest":
            rows = -3 if self.last else -2
            high, wide = self.scale_factor
            return x.repeat_interleave(high, dim=rows).repeat_interleave(wide, dim=rows + 1)
        first = x.movedim(-1, 1) if self.last else x
        factors = [float(factor) for factor in self.scale_factor]
        y = F.interpolate(first, scale_factor=factors, mode="bilinear")
        return y.movedim(1, -1) if self.last else y
