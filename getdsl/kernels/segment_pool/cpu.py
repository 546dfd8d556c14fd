"""`getdsl::segment_pool` on the CPU: one embedding bag, whose bags are the segments."""

import torch
import torch.nn.functional as F
from torch import Tensor

from getdsl.kernels.segment_pool import reference


def forward(x: Tensor, lengths: Tensor, reduce: str) -> Tensor:
    """x [B, L, D], lengths [B, R] -> [B, R, D]."""
    if x.numel() == 0 or lengths.numel() == 0:
        return x.new_zeros(*lengths.shape, x.shape[2])
    # embedding_bag's "max" passes over a NaN that is not first; this sum shows whether there may be one
    if reduce == "max" and not x.sum(dtype=torch.float32).isfinite():
        return reference.forward(x, lengths, reduce)
    lengths = lengths.long()
    pooled = _pool(x, lengths, "max" if reduce == "max" else "sum")
    if reduce == "mean":
        pooled /= lengths.clamp(min=1)[..., None]
    return pooled.to(x.dtype)


def backward(grad: Tensor, x: Tensor, lengths: Tensor, reduce: str) -> Tensor:
    """The gradient with respect to x [B, L, D] for `grad` [B, R, D]."""
    if x.numel() == 0 or lengths.numel() == 0:
        return grad.new_zeros(x.shape)
    if reduce == "max":
        return reference.backward(
            grad, x, lengths, reduce
        )  # a search in one call over all segments was slower
    lengths = lengths.long()
    if reduce == "mean":
        grad = grad / lengths.clamp(min=1)[..., None].to(grad.dtype)
    return _spread(grad, _segment_of(lengths, x.shape[1]))


def _pool(x: Tensor, lengths: Tensor, mode: str) -> Tensor:
    """The sum or maximum over each segment, in float32 for half-precision x."""
    batch, length, width = x.shape
    position = torch.arange(length)
    used = position < lengths.sum(1, keepdim=True)  # [B, L]; what is not used is padding
    rows = (torch.arange(batch)[:, None] * length + position)[used]
    bounds = F.pad(lengths.flatten().cumsum(0), (1, 0))
    table = x.reshape(-1, width)
    if x.dtype in (torch.float16, torch.bfloat16):
        table = table.float()
    pooled = F.embedding_bag(rows, table, bounds, mode=mode, include_last_offset=True)
    return pooled.view(batch, -1, width)


def _segment_of(lengths: Tensor, length: int) -> Tensor:
    """The segment of each position [B, L]; R, one past the last, for padding."""
    position = torch.arange(length).expand(lengths.shape[0], length).contiguous()
    return torch.searchsorted(lengths.cumsum(1), position, right=True)


def _spread(values: Tensor, segment: Tensor) -> Tensor:
    """values [B, R, D] at each position of its segment, zero at padding -> [B, L, D]."""
    batch, regions, width = values.shape
    table = F.pad(values, (0, 0, 0, 1)).reshape(-1, width)
    rows = segment + torch.arange(batch)[:, None] * (regions + 1)
    return table.index_select(0, rows.flatten()).view(batch, -1, width)
