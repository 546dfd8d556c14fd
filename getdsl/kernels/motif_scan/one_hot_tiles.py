"""What the Triton scans share: one-hot tiles built in registers from codes, and weights split for them.

A tile of one-hot rows [positions, 4 * D] is built in registers from codes. Float32 weights become two fp16
parts, the nearest and the rest, scaled for each motif: one-hot rows are exact in fp16 and sums are in
float32, so the two products have float32's accuracy on tensor cores.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import triton
import triton.language as tl
from torch import Tensor

from getdsl.kernels.motif_scan.arguments import ScanArguments


class Tiles(NamedTuple):
    """What a program takes at a time, and its resources."""

    positions: int
    motifs: int
    warps: int
    stages: int


class Sheets(NamedTuple):
    """A scan's arguments as the kernels read them."""

    codes: Tensor  # [B, L] uint8
    high: Tensor  # [4 * D padded, K] float16
    low: Tensor
    scale: Tensor  # [K]
    bias: Tensor  # [K]
    shift: Tensor  # [B, M], of the normalisation
    inverse: Tensor


def jit(function: Callable[..., Any]) -> Any:
    return triton.jit(function)


@jit
def one_hot_tile(codes, sample, first, length, width, positions: tl.constexpr, rows: tl.constexpr):  # type: ignore[no-untyped-def]
    """The one-hot rows [positions, rows] of the windows at `first` and after."""
    place = first + tl.arange(0, positions)
    row = tl.arange(0, rows)
    at = place[:, None] + (row // 4)[None, :] - (width - 1) // 2
    seen = (at >= 0) & (at < length) & (row < 4 * width)[None, :]
    code = tl.load(codes + sample * length + at, mask=seen, other=4)
    return (code == (row % 4)[None, :]).to(tl.float16)


@jit
def load_strand(high, low, scale, bias, kernel, mask, kernels, rows: tl.constexpr):  # type: ignore[no-untyped-def]
    """One strand of a tile of motifs: high and low [rows, motifs], scale and bias [motifs].

    Zeros, and nothing is read, where mask [motifs] is false: so for the other strand where there is none.
    """
    at = tl.arange(0, rows)[:, None] * kernels + kernel[None, :]
    return (
        tl.load(high + at, mask=mask[None, :], other=0.0),
        tl.load(low + at, mask=mask[None, :], other=0.0),
        tl.load(scale + kernel, mask=mask, other=0.0),
        tl.load(bias + kernel, mask=mask, other=0.0),
    )


@jit
def load_normalisation(shift, inverse, sample, column, mask, columns, normalise: tl.constexpr):  # type: ignore[no-untyped-def]
    """Shift and inverse [motifs] of a sample: 0 and 1, and nothing is read, where nothing is normalised."""
    at = sample * columns + column
    kept = mask & normalise
    return tl.load(shift + at, mask=kept, other=0.0), tl.load(inverse + at, mask=kept, other=1.0)


@jit
def normalised(hits, shift, inverse):  # type: ignore[no-untyped-def]
    """[positions, motifs], before ReLU."""
    return (hits - shift[None, :]) * inverse[None, :]


@jit
def score(tile, strand):  # type: ignore[no-untyped-def]
    """[positions, motifs]"""
    high, low, scale, bias = strand
    return (tl.dot(tile, high) + tl.dot(tile, low)) * scale[None, :] + bias[None, :]


@jit
def rectified(scores):  # type: ignore[no-untyped-def]
    """Lets NaN through."""
    return tl.where(scores < 0, 0.0, scores)


@jit
def hits_of(one, other, pairs: tl.constexpr):  # type: ignore[no-untyped-def]
    """Scores of one strand, or of both, rectified and added."""
    hits = rectified(one)
    if pairs:
        hits += rectified(other)
    return hits


@jit
def positive(values):  # type: ignore[no-untyped-def]
    """Where a gradient comes through ReLU; it does at NaN."""
    return (values > 0) | (values != values)


@jit
def no_gradient(rows: tl.constexpr, motifs: tl.constexpr):  # type: ignore[no-untyped-def]
    """Zeros, to which those of weight [rows, motifs] and bias [motifs] are added."""
    return tl.zeros((rows, motifs), tl.float32), tl.zeros((motifs,), tl.float32)


@jit
def store_gradient(  # type: ignore[no-untyped-def]
    weight_grad, bias_grad, part, kernel, mask, kernels, weight, bias, rows: tl.constexpr
):
    """One strand's share into weight_grad [parts, rows, K] and bias_grad [parts, K]."""
    row = part * rows + tl.arange(0, rows)
    tl.store(weight_grad + row[:, None] * kernels + kernel[None, :], weight, mask=mask[None, :])
    tl.store(bias_grad + part * kernels + kernel, bias, mask=mask)


# ---- from tensors


def codes_of(scan: ScanArguments) -> Tensor | None:
    """[B, L] uint8, or none where the kernels cannot serve: x is not one-hot, or float64, or empty.

    Reading x waits for the GPU.
    """
    x = scan.x
    if scan.weight.dtype == torch.float64 or not x.numel():
        return None
    if x.dtype == torch.uint8:
        return x.contiguous()
    ones = x == 1
    count = ones.sum(2)
    if not bool(((ones | (x == 0)).all(2) & (count <= 1)).all()):
        return None
    return torch.where(count == 1, ones.to(torch.uint8).argmax(2), 4).to(torch.uint8)


def split(weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """weight [K, 4, D] (float32) as float16 high and low [4 * D padded, K], and the scale [K] that they need.

    Scaled so that the largest weight of a kernel is 512 to 1024: neither part then leaves the range of fp16.
    """
    kernels, _, width = weight.shape
    flat = weight.transpose(1, 2).reshape(kernels, 4 * width)  # base by base
    largest = flat.abs().amax(1, keepdim=True).clamp(min=1e-30)
    exponent = torch.floor(torch.log2(largest)).nan_to_num(0, 0, 0) - 9
    scaled = flat * torch.exp2(-exponent)
    high = scaled.to(torch.float16)
    low = (scaled - high.float()).to(torch.float16)
    padded = max(16, triton.next_power_of_2(4 * width))
    sheets = [torch.nn.functional.pad(part, (0, padded - 4 * width)).T.contiguous() for part in (high, low)]
    return sheets[0], sheets[1], torch.exp2(exponent)[:, 0].contiguous()


def sheets_of(scan: ScanArguments, codes: Tensor) -> Sheets:
    wide = scan.widened()
    high, low, scale = split(wide.weight)
    spoil = 0 * wide.weight.sum((1, 2))  # nan where a weight is not finite
    offset = spoil if wide.bias is None else wide.bias + spoil
    nothing = scale.new_zeros(1)
    shift, inverse = (nothing, nothing) if wide.mean_std is None else wide.mean_std.unbind(1)
    return Sheets(
        codes, high, low, scale, offset.contiguous(), shift.contiguous(), (1 / inverse).contiguous()
    )
