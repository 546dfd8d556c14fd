"""Body of `conv2d.get`."""

from typing import Literal

from torch import nn


class Conv2d(nn.Conv2d):
    def __init__(
        self,
        *,
        C: int,
        out_channels: int,
        kernel_size: int = 3,
        bias: bool = True,
        init: Literal["xavier_uniform", "default"] = "default",
    ) -> None:
        super().__init__(C, out_channels, kernel_size, padding=kernel_size // 2, bias=bias)
        if init == "xavier_uniform":
            nn.init.xavier_uniform_(self.weight)
            if self.bias is not None:
                nn.init.zeros_(self.bias)
