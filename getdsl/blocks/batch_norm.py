"""Body of `batch_norm.get`."""

import math

import torch
from torch import Tensor, nn


class BatchNorm(nn.BatchNorm1d):
    def __init__(self, *, dim: int, affine: bool = True, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__(dim, eps=eps, momentum=momentum, affine=affine)

    def forward(self, x: Tensor) -> Tensor:
        """x [..., D] -> [..., D]. Raises ValueError in training where there is one row of D, or none."""
        rows = math.prod(x.shape[:-1])
        if self.training and rows < 2:
            raise ValueError(f"BatchNorm trains on two rows or more, and this batch has {rows}")
        if x.ndim == 3 and not torch.compiler.is_exporting() and x.stride(-1) > 1:
            # as a convolution leaves it, [B, D, L] in memory, and kept so; exported graphs ask no strides
            return super().forward(x.transpose(1, 2)).transpose(1, 2)
        return super().forward(x.reshape(-1, x.shape[-1])).reshape(x.shape)
