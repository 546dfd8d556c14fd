"""Body of `softmax_pool1d.get`."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SoftmaxPool1d(nn.Module):
    def __init__(self, *, dim: int, pool_size: int = 2) -> None:
        super().__init__()
        self.pool_size = pool_size
        self.to_attn_logits = nn.Conv2d(dim, dim, 1, bias=False)
        with torch.no_grad():
            nn.init.dirac_(self.to_attn_logits.weight).mul_(2)

    def forward(self, x: Tensor) -> Tensor:
        """x [B, pool_size * N, C] -> [B, N, C]. Raises ValueError for another length."""
        if x.shape[1] % self.pool_size:
            raise ValueError(f"a length of {x.shape[1]} does not divide into windows of {self.pool_size}")
        count = x.shape[1] // self.pool_size
        windows = x.reshape(x.shape[0], count, self.pool_size, x.shape[2])  # [B, N, P, C]
        scores = F.linear(x, self.to_attn_logits.weight.flatten(1)).reshape(windows.shape)
        return (windows * scores.softmax(dim=2)).sum(dim=2)

    def extra_repr(self) -> str:
        return f"pool_size={self.pool_size}"
