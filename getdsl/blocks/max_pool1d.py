"""Body of `max_pool1d.get`."""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from getdsl.blocks.padding import padded


class MaxPool1d(nn.Module):
    def __init__(
        self, *, kernel_size: int, stride: int, padding: Literal["valid", "same"] | int = "valid"
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.pool = nn.MaxPool1d(kernel_size, stride)  # a module, which libraries of attribution see

    def forward(self, x: Tensor) -> Tensor:
        """x [B, L, C] -> [B, L', C]. Raises ValueError where no window fits into L."""
        before, behind = padded(self.padding, x.shape[1], self.kernel_size - 1, self.stride)
        if self.padding != "same" and x.shape[1] + before + behind < self.kernel_size:
            raise ValueError(f"a window of {self.kernel_size} is longer than the sequence, {x.shape[1]}")
        channels = x.transpose(1, 2)  # [B, C, L]
        if self.padding != "valid":
            channels = F.pad(channels, (before, behind), value=-math.inf)
        if torch.compiler.is_exporting():  # where PyTorch would settle the length of its pool over one axis
            pooled = F.max_pool2d(channels.unsqueeze(2), (1, self.kernel_size), (1, self.stride)).squeeze(2)
        else:
            pooled = self.pool(channels)
        return pooled.transpose(1, 2)
