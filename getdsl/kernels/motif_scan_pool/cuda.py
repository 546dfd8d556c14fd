"""`getdsl::motif_scan_pool` on NVIDIA GPUs, in Triton: one-hot tiles times split weights, pooled.

A tile of one-hot rows [positions, 4 * D] is built in registers from codes. Float32 weights become two fp16
parts, the nearest and the rest, scaled for each motif: one-hot rows are exact in fp16 and sums are in
float32, so the two products have float32's accuracy on tensor cores. A program takes one region and a tile
of motifs, so that sums are in order and nothing but [R, M] is written. Backwards, an active score is a 1: for
each region the product of one-hot rows and these is a count, exact, which the region's gradient then weights.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import triton
import triton.language as tl
from torch import Tensor

from getdsl.kernels.motif_scan_pool import streamed

LANES = 128  # of the gradient's programs over regions: their number does not depend on the machine
NONE = 2**31 - 1


class Tiles(NamedTuple):
    positions: int
    motifs: int
    warps: int
    stages: int


CHOICES = (Tiles(16, 64, 4, 2), Tiles(32, 64, 4, 2), Tiles(64, 64, 4, 2), Tiles(128, 64, 8, 2))


class Scan(NamedTuple):
    """Arguments as the kernels read them."""

    codes: Tensor  # [B, L] uint8
    high: Tensor  # [4 * D padded, K] float16
    low: Tensor
    scale: Tensor  # [K]
    bias: Tensor  # [K]
    shift: Tensor  # [B, M], of the normalisation
    inverse: Tensor
    start: Tensor  # [B, R] the first position of each region
    lengths: Tensor  # [B, R]
    width: int
    columns: int
    pairs: bool
    normalise: bool
    reduce: str


def jit(function: Callable[..., Any]) -> Any:
    return triton.jit(function)


@jit
def _tile(codes, sample, first, length, width, positions: tl.constexpr, rows: tl.constexpr):  # type: ignore[no-untyped-def]
    """The one-hot rows [positions, rows] of the windows at `first` and after."""
    place = first + tl.arange(0, positions)
    row = tl.arange(0, rows)
    at = place[:, None] + (row // 4)[None, :] - (width - 1) // 2
    seen = (at >= 0) & (at < length) & (row < 4 * width)[None, :]
    code = tl.load(codes + sample * length + at, mask=seen, other=4)
    return (code == (row % 4)[None, :]).to(tl.float16)


@jit
def _weights(values, kernel, mask, kernels, rows: tl.constexpr):  # type: ignore[no-untyped-def]
    """[rows, motifs] of high or low."""
    row = tl.arange(0, rows)
    return tl.load(values + row[:, None] * kernels + kernel[None, :], mask=mask[None, :], other=0.0)


@jit
def _scores(tile, high, low, scale, bias):  # type: ignore[no-untyped-def]
    return (tl.dot(tile, high) + tl.dot(tile, low)) * scale[None, :] + bias[None, :]


@jit
def motif_scan_pool_fwd_kernel(  # type: ignore[no-untyped-def]
    codes,
    high,
    low,
    scale,
    bias,
    shift,
    inverse,
    start,
    lengths,
    out,
    argument,
    length,
    regions,
    width,
    columns,
    kernels,
    rows: tl.constexpr,
    positions: tl.constexpr,
    motifs: tl.constexpr,
    pairs: tl.constexpr,
    normalise: tl.constexpr,
    largest: tl.constexpr,
    mean: tl.constexpr,
):
    """A region and a tile of motifs: their pooled scores, and for a maximum its first position."""
    region = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * motifs + tl.arange(0, motifs)
    mask = column < columns
    sample = region // regions
    first = tl.load(start + region)
    size = tl.load(lengths + region)
    high_a = _weights(high, column, mask, kernels, rows)
    low_a = _weights(low, column, mask, kernels, rows)
    scale_a = tl.load(scale + column, mask=mask, other=0.0)
    bias_a = tl.load(bias + column, mask=mask, other=0.0)
    if pairs:
        high_b = _weights(high, column + columns, mask, kernels, rows)
        low_b = _weights(low, column + columns, mask, kernels, rows)
        scale_b = tl.load(scale + column + columns, mask=mask, other=0.0)
        bias_b = tl.load(bias + column + columns, mask=mask, other=0.0)
    if normalise:
        shift_m = tl.load(shift + sample * columns + column, mask=mask, other=0.0)
        inverse_m = tl.load(inverse + sample * columns + column, mask=mask, other=0.0)
    pooled = tl.zeros((motifs,), tl.float32)
    best = tl.full((motifs,), -1, tl.int32)
    for begin in range(0, size, positions):
        tile = _tile(codes, sample, first + begin, length, width, positions, rows)
        scores = _scores(tile, high_a, low_a, scale_a, bias_a)
        hits = tl.where(scores < 0, 0.0, scores)
        if pairs:
            scores = _scores(tile, high_b, low_b, scale_b, bias_b)
            hits += tl.where(scores < 0, 0.0, scores)
        if normalise:
            hits = (hits - shift_m[None, :]) * inverse_m[None, :]
            hits = tl.where(hits < 0, 0.0, hits)
        place = begin + tl.arange(0, positions)
        hits = tl.where((place < size)[:, None], hits, 0.0)
        if largest:
            top = tl.max(tl.where(hits == hits, hits, float("inf")), axis=0)
            ill = tl.max((hits != hits).to(tl.int32), axis=0)
            top = tl.where(ill > 0, float("nan"), top)
            same = (hits == top[None, :]) | (hits != hits)
            at = tl.min(tl.where(same, place[:, None], 2147483647), axis=0)
            better = (top > pooled) | ((top != top) & (pooled == pooled))
            best = tl.where(better, at, best)
            pooled = tl.where(better, top, pooled)
        else:
            pooled += tl.sum(hits, axis=0)
    if mean:
        pooled = pooled / tl.maximum(size, 1).to(tl.float32)
    tl.store(out + region * columns + column, pooled, mask=mask)
    if largest:
        tl.store(argument + region * columns + column, best, mask=mask)


@jit
def _active(scores, up, kept, normalise: tl.constexpr, positive):  # type: ignore[no-untyped-def]
    """1 where a gradient comes through to a score."""
    active = kept & ((scores > 0) | (scores != scores))
    if normalise:
        active = active & positive
    return active.to(tl.float16)


@jit
def motif_scan_pool_bwd_kernel(  # type: ignore[no-untyped-def]
    codes,
    high,
    low,
    scale,
    bias,
    shift,
    inverse,
    start,
    lengths,
    grad,
    argument,
    weight_grad,
    bias_grad,
    length,
    regions,
    width,
    columns,
    kernels,
    total,
    share,
    rows: tl.constexpr,
    positions: tl.constexpr,
    motifs: tl.constexpr,
    pairs: tl.constexpr,
    normalise: tl.constexpr,
    largest: tl.constexpr,
    mean: tl.constexpr,
):
    """A share of the regions and a tile of motifs: what they add to the gradients of weight and bias."""
    part = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * motifs + tl.arange(0, motifs)
    mask = column < columns
    row = tl.arange(0, rows)
    high_a = _weights(high, column, mask, kernels, rows)
    low_a = _weights(low, column, mask, kernels, rows)
    scale_a = tl.load(scale + column, mask=mask, other=0.0)
    bias_a = tl.load(bias + column, mask=mask, other=0.0)
    total_a = tl.zeros((rows, motifs), tl.float32)
    sum_a = tl.zeros((motifs,), tl.float32)
    if pairs:
        high_b = _weights(high, column + columns, mask, kernels, rows)
        low_b = _weights(low, column + columns, mask, kernels, rows)
        scale_b = tl.load(scale + column + columns, mask=mask, other=0.0)
        bias_b = tl.load(bias + column + columns, mask=mask, other=0.0)
        total_b = tl.zeros((rows, motifs), tl.float32)
        sum_b = tl.zeros((motifs,), tl.float32)
    for region in range(part * share, tl.minimum((part + 1) * share, total)):
        sample = region // regions
        first = tl.load(start + region)
        size = tl.load(lengths + region)
        flow = tl.load(grad + region * columns + column, mask=mask, other=0.0)
        if mean:
            flow = flow / tl.maximum(size, 1).to(tl.float32)
        if normalise:
            shift_m = tl.load(shift + sample * columns + column, mask=mask, other=0.0)
            inverse_m = tl.load(inverse + sample * columns + column, mask=mask, other=0.0)
            flow = flow * inverse_m
        if largest:
            best = tl.load(argument + region * columns + column, mask=mask, other=-1)
        count_a = tl.zeros((rows, motifs), tl.float32)
        number_a = tl.zeros((motifs,), tl.float32)
        if pairs:
            count_b = tl.zeros((rows, motifs), tl.float32)
            number_b = tl.zeros((motifs,), tl.float32)
        for begin in range(0, size, positions):
            tile = _tile(codes, sample, first + begin, length, width, positions, rows)
            place = begin + tl.arange(0, positions)
            kept = (place < size)[:, None] & mask[None, :]
            if largest:
                kept = kept & (place[:, None] == best[None, :])
            scores_a = _scores(tile, high_a, low_a, scale_a, bias_a)
            positive = kept
            if pairs:
                scores_b = _scores(tile, high_b, low_b, scale_b, bias_b)
            if normalise:
                up = tl.where(scores_a < 0, 0.0, scores_a)
                if pairs:
                    up += tl.where(scores_b < 0, 0.0, scores_b)
                up = (up - shift_m[None, :]) * inverse_m[None, :]
                positive = (up > 0) | (up != up)
            active = _active(scores_a, scores_a, kept, normalise, positive)
            count_a += tl.dot(tl.trans(tile), active)
            number_a += tl.sum(active.to(tl.float32), axis=0)
            if pairs:
                active = _active(scores_b, scores_b, kept, normalise, positive)
                count_b += tl.dot(tl.trans(tile), active)
                number_b += tl.sum(active.to(tl.float32), axis=0)
        total_a += count_a * flow[None, :]
        sum_a += number_a * flow
        if pairs:
            total_b += count_b * flow[None, :]
            sum_b += number_b * flow
    to = weight_grad + (part * rows + row[:, None]) * kernels + column[None, :]
    tl.store(to, total_a, mask=mask[None, :])
    tl.store(bias_grad + part * kernels + column, sum_a, mask=mask)
    if pairs:
        tl.store(to + columns, total_b, mask=mask[None, :])
        tl.store(bias_grad + part * kernels + columns + column, sum_b, mask=mask)


# ---- the op


def forward_any(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    lengths: Tensor,
    pairs: bool,
    reduce: str,
) -> tuple[Tensor, Tensor]:
    """[B, R, M] in the dtype of weight, and for "max" the positions of the maxima (bits of int32)."""
    codes = codes_of(x) if weight.dtype != torch.float64 and x.numel() else None
    if codes is None:
        return streamed.forward_any(x, weight, bias, mean_std, lengths, pairs, reduce)
    out, argument = forward(scan_of(codes, weight, bias, mean_std, lengths, pairs, reduce))
    return out.to(weight.dtype), argument.view(torch.float32)


def backward_any(
    grad: Tensor,
    best: Tensor,
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    lengths: Tensor,
    pairs: bool,
    reduce: str,
    needs: list[bool],
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of x, weight and bias, for grad [B, R, M]; that of x stretch by stretch, in PyTorch."""
    codes = codes_of(x) if weight.dtype != torch.float64 and x.numel() else None
    if codes is None:
        return streamed.backward_any(grad, best, x, weight, bias, mean_std, lengths, pairs, reduce, needs)
    of_x, of_weight, of_bias = (weight.new_empty(0) for _ in range(3))
    if needs[1] or needs[2]:
        scan = scan_of(codes, weight, bias, mean_std, lengths, pairs, reduce)
        kernels, offset = backward(scan, grad, best.view(torch.int32))
        of_weight = kernels.to(weight.dtype) if needs[1] else of_weight
        of_bias = offset.to(weight.dtype) if needs[2] else of_bias
    if needs[0]:
        if (
            reduce == "max"
        ):  # its own convolution's maximum, which may differ from the kernel's in the last bit
            best = streamed.forward_any(x, weight, bias, mean_std, lengths, pairs, reduce)[1]
        only = [True, False, False]
        of_x = streamed.backward_any(grad, best, x, weight, bias, mean_std, lengths, pairs, reduce, only)[0]
    return of_x, of_weight, of_bias


# ---- from tensors


def codes_of(x: Tensor) -> Tensor | None:
    """[B, L] uint8, or none where x is not one-hot. Reading that waits for the GPU."""
    if x.dtype == torch.uint8:
        return x.contiguous()
    ones = x == 1
    count = ones.sum(2)
    if not bool(((ones | (x == 0)).all(2) & (count <= 1)).all()):
        return None
    return torch.where(count == 1, ones.to(torch.uint8).argmax(2), 4).to(torch.uint8)


def split(weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """weight [K, 4, D] as float16 high and low [4 * D padded, K], and the scale [K] that they need.

    Scaled so that the largest weight of a kernel is 512 to 1024: neither part then leaves the range of fp16.
    """
    kernels, _, width = weight.shape
    flat = weight.float().transpose(1, 2).reshape(kernels, 4 * width)  # base by base
    largest = flat.abs().amax(1, keepdim=True).clamp(min=1e-30)
    exponent = torch.floor(torch.log2(largest)).nan_to_num(0, 0, 0) - 9
    scaled = flat * torch.exp2(-exponent)
    high = scaled.to(torch.float16)
    low = (scaled - high.float()).to(torch.float16)
    padded = max(16, triton.next_power_of_2(4 * width))
    sheets = [torch.nn.functional.pad(part, (0, padded - 4 * width)).T.contiguous() for part in (high, low)]
    return sheets[0], sheets[1], torch.exp2(exponent)[:, 0].contiguous()


def scan_of(
    codes: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    lengths: Tensor,
    pairs: bool,
    reduce: str,
) -> Scan:
    high, low, scale = split(weight)
    spoil = 0 * weight.float().sum((1, 2))  # nan where a weight is not finite
    offset = spoil if bias is None else bias.float() + spoil
    nothing = scale.new_zeros(1)
    shift, inverse = (nothing, nothing) if mean_std is None else mean_std.float().unbind(1)
    lengths = lengths.to(torch.int32)
    start = (lengths.cumsum(1) - lengths).to(torch.int32)
    columns = len(weight) // 2 if pairs else len(weight)
    return Scan(
        codes,
        high,
        low,
        scale,
        offset.contiguous(),
        shift.contiguous(),
        (1 / inverse).contiguous(),
        start.contiguous(),
        lengths.contiguous(),
        weight.shape[2],
        columns,
        pairs,
        mean_std is not None,
        reduce,
    )


def tiles_for(scan: Scan, backward: bool = False) -> Tiles:
    """The tiles of the table that fit the regions' mean length; fewer motifs where kernels are wide."""
    regions = max(1, scan.lengths.numel())
    typical = scan.codes.numel() // regions
    fit = next((tiles for tiles in CHOICES if tiles.positions >= typical), CHOICES[-1])
    fit = fit if not backward else Tiles(min(fit.positions, 64), 32, 4, 1)
    if scan.high.shape[0] > 128:
        fit = fit._replace(motifs=fit.motifs // 2, positions=min(fit.positions, 64))
    return fit


def forward(scan: Scan) -> tuple[Tensor, Tensor]:
    """[B, R, M] in float32, and for a maximum its first position in each region as int32 (else empty)."""
    regions = scan.lengths.numel()
    out = scan.scale.new_empty(*scan.lengths.shape, scan.columns)
    argument = torch.empty(out.shape if scan.reduce == "max" else (0,), dtype=torch.int32, device=out.device)
    if regions:
        tiles = tiles_for(scan)
        grid = (regions, triton.cdiv(scan.columns, tiles.motifs))
        motif_scan_pool_fwd_kernel[grid](
            *_tensors(scan),
            out,
            argument,
            *_sizes(scan),
            **_constants(scan, tiles),
            num_warps=tiles.warps,
            num_stages=tiles.stages,
        )
    return out, argument


def backward(scan: Scan, grad: Tensor, argument: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of weight [K, 4, D] and bias [K] in float32, for grad [B, R, M]."""
    regions, kernels, rows = scan.lengths.numel(), len(scan.bias), scan.high.shape[0]
    parts = max(1, min(LANES, regions))
    share = triton.cdiv(max(regions, 1), parts)
    weight_grad = grad.new_zeros(parts, rows, kernels, dtype=torch.float32)
    bias_grad = grad.new_zeros(parts, kernels, dtype=torch.float32)
    if regions:
        tiles = tiles_for(scan, backward=True)
        grid = (parts, triton.cdiv(scan.columns, tiles.motifs))
        motif_scan_pool_bwd_kernel[grid](
            *_tensors(scan),
            grad.float().contiguous(),
            argument,
            weight_grad,
            bias_grad,
            *_sizes(scan),
            regions,
            share,
            **_constants(scan, tiles),
            num_warps=tiles.warps,
            num_stages=tiles.stages,
        )
    flat = weight_grad.sum(0)[: 4 * scan.width]  # the parts in order, so the same every time
    return flat.view(scan.width, 4, kernels).permute(2, 1, 0).contiguous(), bias_grad.sum(0)


def _tensors(scan: Scan) -> tuple[Tensor, ...]:
    return scan[:9]


def _sizes(scan: Scan) -> tuple[int, ...]:
    return scan.codes.shape[1], scan.lengths.shape[1], scan.width, scan.columns, len(scan.bias)


def _constants(scan: Scan, tiles: Tiles) -> dict[str, Any]:
    return {
        "rows": scan.high.shape[0],
        "positions": tiles.positions,
        "motifs": tiles.motifs,
        "pairs": scan.pairs,
        "normalise": scan.normalise,
        "largest": scan.reduce == "max",
        "mean": scan.reduce == "mean",
    }
