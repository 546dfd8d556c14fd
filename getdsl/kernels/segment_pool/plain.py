"""`getdsl::segment_pool` in a few operations of PyTorch: exported models run where the op is not."""

import torch
from torch import Tensor


def segment_pool(x: Tensor, lengths: Tensor, reduce: str = "mean") -> Tensor:
    """x [B, L, D], lengths [B, R] -> [B, R, D]: mean, sum or max over consecutive segments of L."""
    ends = lengths.cumsum(1)  # [B, R]
    places = torch.arange(x.shape[1], device=x.device)
    owner = (places >= ends[..., None]).sum(1)  # [B, L], the segment of each position; R is padding
    owner = owner[..., None].expand(-1, -1, x.shape[2])  # [B, L, D]
    pooled = x.new_zeros(x.shape[0], lengths.shape[1] + 1, x.shape[2])
    if reduce == "max":
        return pooled.scatter_reduce(1, owner, x, "amax", include_self=False)[:, :-1]
    pooled = pooled.scatter_add(1, owner, x)[:, :-1]
    return pooled / lengths.clamp(min=1)[..., None] if reduce == "mean" else pooled
