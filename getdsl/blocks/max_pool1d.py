"""Body of `max_pool1d.get`."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MaxPool1d(nn.Module):
    def __init__(self, *, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride
        self.pool = nn.MaxPool1d(kernel_size, stride)  # a module, which libraries of attribution see

    def forward(self, x: Tensor) -> Tensor:
        """x [B, L, C] -> [B, L', C]. Raises ValueError where L is below kernel_size."""
        if x.shape[1] < self.kernel_size:
            raise ValueError(f"a window of {self.kernel_size} is longer than the sequence, {x.shape[1]}")
        channels = x.transpose(1, 2)  # [B, C, L]
        if torch.compiler.is_exporting():  # where PyTorch would settle the length of its pool over one axis
            pooled = F.max_pool2d(channels.unsqueeze(2), (1, self.kernel_size), (1, self.stride)).squeeze(2)
        else:
            pooled = self.pool(channels)
        return pooled.transpose(1, 2)
