"""`getdsl::segment_pool` on NVIDIA GPUs, in Triton: a program for each segment and block of channels."""

from collections.abc import Callable
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

BLOCK = 64  # channels


def jit(function: Callable[..., Any]) -> Any:
    return triton.jit(function)


@jit
def segment_pool_fwd_kernel(  # type: ignore[no-untyped-def]
    x,
    start,
    lengths,
    out,
    length,
    regions,
    columns,
    block: tl.constexpr,
    largest: tl.constexpr,
    mean: tl.constexpr,
    wide: tl.constexpr,
):
    """A segment's sum, mean or maximum, in float32 or, with `wide`, in float64."""
    kind: tl.constexpr = tl.float64 if wide else tl.float32
    region = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * block + tl.arange(0, block)
    mask = column < columns
    size = tl.load(lengths + region)
    first = (region // regions) * length + tl.load(start + region)
    pooled = tl.zeros((block,), kind)
    for i in range(0, size):
        value = tl.load(x + (first + i) * columns + column, mask=mask, other=0.0).to(kind)
        if largest:
            pooled = tl.where((i == 0) | (value > pooled) | (value != value), value, pooled)
        else:
            pooled += value
    if mean:
        pooled = pooled / tl.maximum(size, 1).to(kind)
    tl.store(out + region * columns + column, pooled.to(out.dtype.element_ty), mask=mask)


@jit
def segment_pool_bwd_kernel(  # type: ignore[no-untyped-def]
    grad,
    x,
    start,
    lengths,
    out,
    length,
    regions,
    columns,
    block: tl.constexpr,
    largest: tl.constexpr,
    mean: tl.constexpr,
    wide: tl.constexpr,
):
    """The gradient at each position of a segment; that of a maximum goes to the first that holds it."""
    kind: tl.constexpr = tl.float64 if wide else tl.float32
    region = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * block + tl.arange(0, block)
    mask = column < columns
    size = tl.load(lengths + region)
    first = (region // regions) * length + tl.load(start + region)
    flow = tl.load(grad + region * columns + column, mask=mask, other=0.0).to(kind)
    if mean:
        flow = flow / tl.maximum(size, 1).to(kind)
    at = tl.zeros((block,), tl.int32)
    if largest:
        best = tl.zeros((block,), kind)
        for i in range(0, size):
            value = tl.load(x + (first + i) * columns + column, mask=mask, other=0.0).to(kind)
            better = (i == 0) | (value > best) | ((value != value) & (best == best))
            best = tl.where(better, value, best)
            at = tl.where(better, i, at)
    for i in range(0, size):
        here = flow
        if largest:
            here = tl.where(at == i, flow, 0.0)
        tl.store(out + (first + i) * columns + column, here.to(out.dtype.element_ty), mask=mask)


def forward(x: Tensor, lengths: Tensor, reduce: str) -> Tensor:
    """x [B, L, D], lengths [B, R] -> [B, R, D]."""
    out = x.new_empty(*lengths.shape, x.shape[2])
    if out.numel():
        segment_pool_fwd_kernel[_grid(x, lengths)](
            x.contiguous(), *_places(lengths), out, *_sizes(x, lengths), **_constants(x, reduce)
        )
    return out


def backward(grad: Tensor, x: Tensor, lengths: Tensor, reduce: str) -> Tensor:
    """The gradient with respect to x [B, L, D] for `grad` [B, R, D]."""
    out = grad.new_zeros(x.shape)
    if grad.numel() and out.numel():
        segment_pool_bwd_kernel[_grid(x, lengths)](
            grad.contiguous(),
            x.contiguous(),
            *_places(lengths),
            out,
            *_sizes(x, lengths),
            **_constants(x, reduce),
        )
    return out


def _grid(x: Tensor, lengths: Tensor) -> tuple[int, int]:
    return lengths.numel(), triton.cdiv(x.shape[2], BLOCK)


def _places(lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Where each segment starts in its sample, and its length."""
    sizes = lengths.to(torch.int32).contiguous()
    return (sizes.cumsum(1) - sizes).to(torch.int32).contiguous(), sizes


def _sizes(x: Tensor, lengths: Tensor) -> tuple[int, int, int]:
    return x.shape[1], lengths.shape[1], x.shape[2]


def _constants(x: Tensor, reduce: str) -> dict[str, Any]:
    wide = x.dtype == torch.float64
    return {"block": BLOCK, "largest": reduce == "max", "mean": reduce == "mean", "wide": wide}
