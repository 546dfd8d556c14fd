"""Body of `attention.get`."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from getdsl.blocks.linear import Linear
from getdsl.blocks.positions import Positions, alibi, rotated, unseen

SHORT = 1024  # tokens up to which a map of all pairs is cheap


class Attention(nn.Module):
    """Tokens masked for all keys (a row with nothing to look at) attend evenly, up to the bias, as in GET."""

    def __init__(
        self,
        *,
        dim: int,
        num_heads: int = 8,
        qkv_bias: bool = False,
        qk_scale: float | None = None,
        attn_drop: float = 0.0,
        proj_drop: float = 0.0,
        attn_head_dim: int | None = None,
        positions: Positions = "none",
        causal: bool = False,
        window: int | None = None,
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.head_dim = dim // num_heads if attn_head_dim is None else attn_head_dim
        self.scale = self.head_dim**-0.5 if qk_scale is None else qk_scale
        self.attn_drop = attn_drop
        self.proj_drop = proj_drop
        self.positions, self.causal, self.window = positions, causal, window
        width = num_heads * self.head_dim
        self.qkv = Linear(D=dim, out_features=3 * width, bias=False)
        self.q_bias = nn.Parameter(torch.zeros(width)) if qkv_bias else None
        self.v_bias = nn.Parameter(torch.zeros(width)) if qkv_bias else None
        self.proj = Linear(D=width, out_features=dim)

    def forward(
        self,
        x: Tensor,
        *,
        mask: Tensor | None = None,
        bias: Tensor | None = None,
        outputs: tuple[str, ...] = ("y",),
    ) -> Tensor | dict[str, Tensor]:
        """x [B, N, D] -> y [B, N, D] and attn [B, H, N, N].

        mask (true: this key is not looked at): [N], [B, N], [B, N, N] or [B, H, N, N].
        bias, added to the scores: the same shapes.
        """
        q, k, v = self._heads(x)
        if self.positions == "rotary":
            q, k = rotated(q), rotated(k)
        keep, q = self._keep(mask, q)
        bias = self._biased(bias, q)
        drop = self.attn_drop if self.training else 0.0
        if "attn" in outputs or _in_steps(q):
            scores = q @ k.transpose(-2, -1) * self.scale
            added = _added(keep, bias, q.dtype)
            attn = (scores if added is None else scores + added).softmax(-1)
            y = F.dropout(attn, drop) @ v
        else:
            attn = None
            allowed = keep if bias is None else _added(keep, bias, q.dtype)
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=allowed, dropout_p=drop, scale=self.scale)
        y = self.proj(y.transpose(1, 2).flatten(2))
        y = F.dropout(y, self.proj_drop, self.training)
        if attn is None or outputs == ("y",):
            return y
        return attn if outputs == ("attn",) else {"y": y, "attn": attn}

    def _keep(self, mask: Tensor | None, q: Tensor) -> tuple[Tensor | None, Tensor]:
        """Which keys are looked at, none that is masked, later, or beyond the window; and the queries."""
        n = q.shape[-2]
        hidden = unseen(n, n, q, causal=self.causal, window=self.window)
        if hidden is None:
            return _keep(mask, q)
        if mask is None:
            return ~hidden[None, None], q  # each token sees itself at least
        return _keep(hidden[None, None] | _over_scores(mask), q)

    def _biased(self, bias: Tensor | None, q: Tensor) -> Tensor | None:
        """The bias that is given, and that of the distances."""
        if self.positions != "alibi":
            return bias
        far = alibi(self.num_heads, q.shape[-2], q)[None]
        return far if bias is None else far + _over_scores(bias).to(far.dtype)

    def _heads(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, each [B, H, N, head_dim]."""
        qkv = self.qkv(x)
        if self.q_bias is not None and self.v_bias is not None:
            bias = torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])
            qkv = qkv + bias.to(qkv.dtype)  # which autocast may have lowered
        # in three parts first, so that their gradients are put together in one copy
        q, k, v = (
            part.unflatten(-1, (self.num_heads, self.head_dim)).transpose(1, 2) for part in qkv.chunk(3, -1)
        )
        return q, k, v


def _in_steps(q: Tensor) -> bool:
    """Whether the map is better made than not: PyTorch's fused attention is slow in half precision on a CPU.

    At 201 tokens and 12 heads its backward pass takes twice as long as the products by themselves.
    """
    if q.device.type != "cpu" or q.dtype not in (torch.bfloat16, torch.float16):
        return False
    return not torch.compiler.is_exporting() and q.shape[-2] <= SHORT  # exported graphs take any length


def _keep(mask: Tensor | None, q: Tensor) -> tuple[Tensor | None, Tensor]:
    """Which keys are looked at, and the queries with those set to zero that may look at none.

    GET fills masked scores with -65504, under which a row masked throughout attends evenly. A fill with -inf
    is exact for the other rows and NaN for that one, so it is unmasked and its scores are zero.
    """
    if mask is None:
        return None, q
    mask = _over_scores(mask)
    lost = mask.all(-1, keepdim=True)
    return ~mask | lost, q.masked_fill(lost, 0)


def _added(keep: Tensor | None, bias: Tensor | None, dtype: torch.dtype) -> Tensor | None:
    """What is added to the scores: the bias, and -inf where a key is not looked at."""
    if bias is None:
        return None if keep is None else torch.zeros_like(keep, dtype=dtype).masked_fill(~keep, -torch.inf)
    bias = _over_scores(bias).to(dtype)
    return bias if keep is None else bias.masked_fill(~keep, -torch.inf)


def _over_scores(x: Tensor) -> Tensor:
    """[N], [B, N] and [B, N, N] to four axes that broadcast over the scores [B, H, N, N]."""
    if x.ndim == 1:
        return x[None, None, None, :]
    if x.ndim == 2:
        return x[:, None, None, :]
    if x.ndim == 3:
        return x[:, None]
    if x.ndim == 4:
        return x
    raise ValueError(f"a mask or bias of attention has 1 to 4 axes, got a tensor of shape {list(x.shape)}")
