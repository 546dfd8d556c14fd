"""Body of `conv1d.get`."""

from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn


class Conv1d(nn.Conv1d):
    """x [B, L, C] -> [B, L', out_channels]; what "same" cannot pad evenly is padded on the right."""

    def __init__(
        self,
        *,
        C: int,
        out_channels: int,
        kernel_size: int = 1,
        dilation: int = 1,
        padding: Literal["same", "valid"] = "same",
        bias: bool = True,
    ) -> None:
        super().__init__(C, out_channels, kernel_size, dilation=dilation, bias=bias)
        # padded here, not by the convolution, which warns about even kernels
        missing = dilation * (kernel_size - 1) if padding == "same" else 0
        self.pad = (missing // 2, missing - missing // 2)

    def forward(self, x: Tensor) -> Tensor:
        reach = self.dilation[0] * (self.kernel_size[0] - 1)
        if sum(self.pad) == 0 and reach and x.shape[1] <= reach:
            raise ValueError(f"the kernel reads {reach + 1} positions, and the sequence has {x.shape[1]}")
        return self._over(F.pad(x.transpose(1, 2), self.pad))

    def unpadded(self, x: Tensor) -> Tensor:
        """The positions that read nothing beyond x, padded already: [B, L + reach, C] -> [B, L, …]."""
        return self._over(x.transpose(1, 2))

    def _over(self, channels_first: Tensor) -> Tensor:
        return super().forward(channels_first).transpose(1, 2)
