"""Body of `conv1d.get`."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from getdsl.blocks.padding import Padding, padded


class Conv1d(nn.Conv1d):
    """x [B, L, C] -> [B, L', out_channels]; what "same" cannot pad evenly is padded on the right."""

    def __init__(
        self,
        *,
        C: int,
        out_channels: int,
        kernel_size: int = 1,
        dilation: int = 1,
        padding: Padding = "same",
        bias: bool = True,
        stride: int = 1,
        groups: int = 1,
    ) -> None:
        super().__init__(
            C, out_channels, kernel_size, stride=stride, dilation=dilation, groups=groups, bias=bias
        )
        self.around = padding  # padded here, not by the convolution, which warns about even kernels

    def forward(self, x: Tensor) -> Tensor:
        reach = self.dilation[0] * (self.kernel_size[0] - 1)
        before, behind = padded(self.around, x.shape[1], reach, self.stride[0])
        too_short = not torch.compiler.is_exporting() and x.shape[1] + before + behind <= reach
        if too_short:  # which an exported graph leaves to PyTorch
            raise ValueError(f"the kernel reads {reach + 1} positions, and the sequence has {x.shape[1]}")
        if before != behind:
            return self._over(F.pad(x.transpose(1, 2), (before, behind)))
        rest = (self.stride, before, self.dilation, self.groups)  # without a padded copy
        return F.conv1d(x.transpose(1, 2), self.weight, self.bias, *rest).transpose(1, 2)

    def unpadded(self, x: Tensor) -> Tensor:
        """The positions that read nothing beyond x, padded already: [B, L + reach, C] -> [B, L, …]."""
        return self._over(x.transpose(1, 2))

    def _over(self, channels_first: Tensor) -> Tensor:
        return super().forward(channels_first).transpose(1, 2)
