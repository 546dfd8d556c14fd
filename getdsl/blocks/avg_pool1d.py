"""Body of `avg_pool1d.get`."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from getdsl.blocks.padding import padded


class AvgPool1d(nn.Module):
    def __init__(
        self,
        *,
        kernel_size: int,
        stride: int,
        padding: Literal["valid", "same"] | int = "valid",
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.count_include_pad = count_include_pad

    def forward(self, x: Tensor) -> Tensor:
        """x [B, L, C] -> [B, L', C]. Raises ValueError where no window fits into L."""
        around = padded(self.padding, x.shape[1], self.kernel_size - 1, self.stride)
        if self.padding != "same" and x.shape[1] + sum(around) < self.kernel_size:
            raise ValueError(f"a window of {self.kernel_size} is longer than the sequence, {x.shape[1]}")
        means = self._pooled(F.pad(x.transpose(1, 2), around))  # [B, C, L']
        if not self.count_include_pad and self.padding != "valid":
            means = means / self._pooled(F.pad(torch.ones_like(x[:1, :, :1]).transpose(1, 2), around))
        return means.transpose(1, 2)

    def unpadded(self, x: Tensor) -> Tensor:
        """The windows of what is padded already."""
        return self._pooled(x.transpose(1, 2)).transpose(1, 2)

    def _pooled(self, channels_first: Tensor) -> Tensor:
        # over one row of a map, where an exported graph keeps the length free
        return F.avg_pool2d(channels_first.unsqueeze(2), (1, self.kernel_size), (1, self.stride)).squeeze(2)
