"""Body of `cross_attention.get`."""

import torch.nn.functional as F
from torch import Tensor, nn

from getdsl.blocks.linear import Linear
from getdsl.blocks.positions import unseen


class CrossAttention(nn.Module):
    """Tokens that may look at nothing of the context get zeros, before the last layer."""

    def __init__(
        self,
        *,
        dim: int,
        C: int,
        heads: int = 8,
        dim_head: int | None = None,
        dropout: float = 0.0,
        causal: bool = False,
        window: int | None = None,
    ) -> None:
        super().__init__()
        width = heads * (dim // heads if dim_head is None else dim_head)
        self.heads, self.dropout, self.causal, self.window = heads, dropout, causal, window
        self.to_q = Linear(D=dim, out_features=width, bias=False)
        self.to_kv = Linear(D=C, out_features=2 * width, bias=False)
        self.to_out = Linear(D=width, out_features=dim)

    def forward(self, x: Tensor, context: Tensor, *, mask: Tensor | None = None) -> Tensor:
        """x [..., N, D], context [..., M, C], mask [..., M] -> [..., N, D]."""
        rows, seen = x.reshape(-1, *x.shape[-2:]), context.reshape(-1, *context.shape[-2:])
        flat = (self.to_q(rows), *self.to_kv(seen).chunk(2, dim=-1))
        q, k, v = (each.unflatten(-1, (self.heads, -1)).transpose(1, 2) for each in flat)  # [*, H, N, d]
        hidden = unseen(rows.shape[1], seen.shape[1], x, causal=self.causal, window=self.window)
        if mask is not None:
            masked = mask.reshape(-1, 1, 1, mask.shape[-1])
            hidden = masked if hidden is None else masked | hidden
        lost = None if hidden is None else hidden.all(-1, keepdim=True)
        y: Tensor = F.scaled_dot_product_attention(
            q,
            k,
            v,
            # a token that sees nothing sees all, so that no NaN is made, and is set to zero below
            attn_mask=None if hidden is None or lost is None else ~hidden | lost,
            dropout_p=self.dropout if self.training else 0.0,
        )
        if lost is not None:
            y = y.masked_fill(lost, 0)
        y = self.to_out(y.transpose(1, 2).flatten(2))
        return y.reshape(x.shape)
