"""Body of `group_norm.get`."""

import torch
from torch import Tensor, nn


class GroupNorm(nn.GroupNorm):
    def __init__(self, *, num_groups: int, dim: int, eps: float = 1e-5, affine: bool = True) -> None:
        super().__init__(num_groups, dim, eps=eps, affine=affine)

    def forward(self, x: Tensor) -> Tensor:
        """x [B, L, D] -> [B, L, D]."""
        y = torch.group_norm(x.transpose(1, 2), self.num_groups, self.weight, self.bias, self.eps)
        return y.transpose(1, 2)
