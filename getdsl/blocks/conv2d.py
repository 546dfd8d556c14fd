"""Body of `conv2d.get`."""

from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from getdsl.blocks.padding import Padding, padded, padding_pair, pair


class Conv2d(nn.Conv2d):
    def __init__(
        self,
        *,
        C: int,
        out_channels: int,
        kernel_size: int | list[int] = 3,
        bias: bool = True,
        init: Literal["xavier_uniform", "default"] = "default",
        padding: Padding | list[int] = "same",
        stride: int | list[int] = 1,
        dilation: int | list[int] = 1,
        groups: int = 1,
        channels: Literal["first", "last"] = "first",
    ) -> None:
        super().__init__(
            C,
            out_channels,
            pair(kernel_size),
            stride=pair(stride),
            dilation=pair(dilation),
            groups=groups,
            bias=bias,
        )
        self.around, self.last = padding_pair(padding), channels == "last"
        if init == "xavier_uniform":
            nn.init.xavier_uniform_(self.weight)
            if self.bias is not None:
                nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """x [B, C, H, W] -> [B, out_channels, H', W'], or with the channels last in both."""
        if self.last:
            x = x.movedim(-1, 1)
        (top, bottom), (left, right) = (
            padded(
                self.around[axis],
                x.shape[2 + axis],
                self.dilation[axis] * (self.kernel_size[axis] - 1),
                self.stride[axis],
            )
            for axis in (0, 1)
        )
        if (top, left) == (bottom, right):  # without a padded copy
            rest = (self.stride, (top, left), self.dilation, self.groups)
            y = F.conv2d(x, self.weight, self.bias, *rest)
        else:
            y = super().forward(F.pad(x, (left, right, top, bottom)))
        return y.movedim(1, -1) if self.last else y
