"""Body of `self_attention.get`."""

import torch.nn.functional as F
from torch import Tensor, nn

from getdsl.blocks.linear import Linear


class SelfAttention(nn.Module):
    """The attention of axial-attention 0.6, with its weights' names."""

    def __init__(self, *, dim: int, heads: int = 8) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = Linear(D=dim, out_features=dim, bias=False)
        self.to_kv = Linear(D=dim, out_features=2 * dim, bias=False)
        self.to_out = Linear(D=dim, out_features=dim)

    def forward(self, x: Tensor) -> Tensor:
        """x [..., N, D] -> [..., N, D]."""
        rows = x.reshape(-1, *x.shape[-2:])  # [*, N, D]
        flat = (self.to_q(rows), *self.to_kv(rows).chunk(2, dim=-1))
        q, k, v = (each.unflatten(-1, (self.heads, -1)).transpose(1, 2) for each in flat)
        attended = F.scaled_dot_product_attention(q, k, v)  # [*, H, N, D / H]
        y: Tensor = self.to_out(attended.transpose(1, 2).flatten(2))
        return y.reshape(x.shape)
