"""Body of `absolute_positional_encoding.get`."""

import math

import torch
from torch import Tensor, nn

BASE = 300.0


class AbsolutePositionalEncoding(nn.Module):
    pe: Tensor

    def __init__(self, *, d_model: int, dropout: float = 0.1, max_len: int = 1000) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        angles = torch.arange(max_len)[:, None] * frequencies(d_model)
        self.register_buffer("pe", interleave(angles)[:, None])  # [max_len, 1, D]

    def forward(self, x: Tensor) -> Tensor:
        """x [B, N, D] -> [B, N, D]. Raises ValueError where N is beyond max_len."""
        if x.shape[1] > len(self.pe):
            raise ValueError(f"{x.shape[1]} regions are more than max_len = {len(self.pe)}")
        y: Tensor = self.dropout(x + self.pe[: x.shape[1], 0])
        return y


def frequencies(width: int) -> Tensor:
    """300^(-2k / width) for k = 0 … width / 2 - 1."""
    return torch.exp(torch.arange(0, width, 2) * (-math.log(BASE) / width))


def interleave(angles: Tensor) -> Tensor:
    """[..., D / 2] to sines and cosines in turn, [..., D]."""
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)
