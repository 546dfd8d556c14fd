"""The definition of `getdsl::segment_pool`, in plain PyTorch: what every other kernel is held against."""

import torch
from torch import Tensor


def forward(x: Tensor, lengths: Tensor, reduce: str) -> Tensor:
    """x [B, L, D], lengths [B, R] -> [B, R, D]."""
    out = x.new_zeros(*lengths.shape, x.shape[2])
    for b, r, start, end in _segments(lengths):
        segment = x[b, start:end]  # [S, D]
        if reduce == "max":
            out[b, r] = segment.max(0).values
        else:
            # half precision would lose the sum of a long segment
            total = segment.sum(0, dtype=_accumulator(x.dtype))
            out[b, r] = total / (end - start) if reduce == "mean" else total
    return out


def backward(grad: Tensor, x: Tensor, lengths: Tensor, reduce: str) -> Tensor:
    """The gradient with respect to x [B, L, D] for `grad` [B, R, D]; x is read only for "max"."""
    out = grad.new_zeros(x.shape)
    for b, r, start, end in _segments(lengths):
        if reduce == "max":
            first = x[b, start:end].max(0).indices  # torch.max returns the first of equal maxima
            out[b, start:end].scatter_(0, first[None], grad[b, r][None])
        else:
            out[b, start:end] = grad[b, r] / (end - start) if reduce == "mean" else grad[b, r]
    return out


def _segments(lengths: Tensor) -> list[tuple[int, int, int, int]]:
    """(sample, segment, start, end) of every segment that is not empty."""
    found = []
    for b, row in enumerate(lengths.tolist()):
        start = 0
        for r, length in enumerate(row):
            if length:
                found.append((b, r, start, start + length))
            start += length
    return found


def _accumulator(dtype: torch.dtype) -> torch.dtype:
    return torch.promote_types(dtype, torch.float32)
