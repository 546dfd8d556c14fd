"""`getdsl::motif_scan_pool` on NVIDIA GPUs, in Triton: one-hot tiles times split weights, pooled.

A program takes one region and a tile of motifs, so that sums are in order and nothing but [R, M] is written.
Backwards, an active score is a 1: for each region the product of one-hot rows and these is a count, exact,
which the region's gradient then weights.
"""

from typing import Any, NamedTuple

import torch
import triton
import triton.language as tl
from torch import Tensor

from getdsl.kernels.motif_scan.one_hot_tiles import (
    Tiles,
    codes_of,
    hits_of,
    jit,
    load_normalisation,
    load_strand,
    no_gradient,
    normalised,
    one_hot_tile,
    positive,
    rectified,
    score,
    sheets_of,
    store_gradient,
)
from getdsl.kernels.motif_scan_pool import streamed
from getdsl.kernels.motif_scan_pool.arguments import ScanPoolArguments

LANES = 128  # of the gradient's programs over regions: their number does not depend on the machine
NONE = 2**31 - 1


CHOICES = (Tiles(16, 64, 4, 2), Tiles(32, 64, 4, 2), Tiles(64, 64, 4, 2), Tiles(128, 64, 8, 2))


class Scan(NamedTuple):
    """Arguments as the kernels read them: `Sheets`, and the regions."""

    codes: Tensor
    high: Tensor
    low: Tensor
    scale: Tensor
    bias: Tensor
    shift: Tensor
    inverse: Tensor
    start: Tensor  # [B, R] the first position of each region
    lengths: Tensor  # [B, R]
    width: int
    columns: int
    pairs: bool
    normalise: bool
    reduce: str


@jit
def _with_larger(pooled, best, hits, place):  # type: ignore[no-untyped-def]
    """The maxima so far and their first positions [motifs], with hits [positions, motifs] taken in.

    NaN is the largest.
    """
    top = tl.max(tl.where(hits == hits, hits, float("inf")), axis=0)
    ill = tl.max((hits != hits).to(tl.int32), axis=0)
    top = tl.where(ill > 0, float("nan"), top)
    same = (hits == top[None, :]) | (hits != hits)
    at = tl.min(tl.where(same, place[:, None], 2147483647), axis=0)
    better = (top > pooled) | ((top != top) & (pooled == pooled))
    return tl.where(better, top, pooled), tl.where(better, at, best)


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
    one = load_strand(high, low, scale, bias, column, mask, kernels, rows)
    other = load_strand(high, low, scale, bias, column + columns, mask & pairs, kernels, rows)
    shift_m, inverse_m = load_normalisation(shift, inverse, sample, column, mask, columns, normalise)
    pooled = tl.zeros((motifs,), tl.float32)
    best = tl.full((motifs,), -1, tl.int32)
    for begin in range(0, size, positions):
        tile = one_hot_tile(codes, sample, first + begin, length, width, positions, rows)
        hits = hits_of(score(tile, one), score(tile, other), pairs)
        if normalise:
            hits = rectified(normalised(hits, shift_m, inverse_m))
        place = begin + tl.arange(0, positions)
        hits = tl.where((place < size)[:, None], hits, 0.0)
        if largest:
            pooled, best = _with_larger(pooled, best, hits, place)
        else:
            pooled += tl.sum(hits, axis=0)
    if mean:
        pooled = pooled / tl.maximum(size, 1).to(tl.float32)
    tl.store(out + region * columns + column, pooled, mask=mask)
    if largest:
        tl.store(argument + region * columns + column, best, mask=mask)


@jit
def _counts(tile, kept, scores):  # type: ignore[no-untyped-def]
    """How often each row [rows, motifs] meets an active score, and how many are active [motifs]."""
    active = (kept & positive(scores)).to(tl.float16)
    return tl.dot(tl.trans(tile), active), tl.sum(active.to(tl.float32), axis=0)


@jit
def _counts_of_region(  # type: ignore[no-untyped-def]
    codes,
    span,
    one,
    other,
    scales,
    best,
    mask,
    rows: tl.constexpr,
    positions: tl.constexpr,
    motifs: tl.constexpr,
    pairs: tl.constexpr,
    normalise: tl.constexpr,
    largest: tl.constexpr,
):
    """`_counts` over a region, for both strands; of a maximum only the position `best` [motifs] counts."""
    sample, first, size, length, width = span
    shift, inverse = scales
    count_a, number_a = no_gradient(rows, motifs)
    count_b, number_b = no_gradient(rows, motifs)
    for begin in range(0, size, positions):
        tile = one_hot_tile(codes, sample, first + begin, length, width, positions, rows)
        place = begin + tl.arange(0, positions)
        kept = (place < size)[:, None] & mask[None, :]
        if largest:
            kept = kept & (place[:, None] == best[None, :])
        scores_a = score(tile, one)
        scores_b = score(tile, other)
        if normalise:
            up = hits_of(scores_a, scores_b, pairs)
            kept = kept & positive(normalised(up, shift, inverse))
        count, number = _counts(tile, kept, scores_a)
        count_a += count
        number_a += number
        if pairs:
            count, number = _counts(tile, kept, scores_b)
            count_b += count
            number_b += number
    return count_a, number_a, count_b, number_b


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
    one = load_strand(high, low, scale, bias, column, mask, kernels, rows)
    other = load_strand(high, low, scale, bias, column + columns, mask & pairs, kernels, rows)
    total_a, sum_a = no_gradient(rows, motifs)
    total_b, sum_b = no_gradient(rows, motifs)
    for region in range(part * share, tl.minimum((part + 1) * share, total)):
        sample = region // regions
        size = tl.load(lengths + region)
        flow = tl.load(grad + region * columns + column, mask=mask, other=0.0)
        if mean:
            flow = flow / tl.maximum(size, 1).to(tl.float32)
        scales = load_normalisation(shift, inverse, sample, column, mask, columns, normalise)
        flow = flow * scales[1]
        best = tl.load(argument + region * columns + column, mask=mask & largest, other=-1)
        span = sample, tl.load(start + region), size, length, width
        count_a, number_a, count_b, number_b = _counts_of_region(
            codes, span, one, other, scales, best, mask, rows, positions, motifs, pairs, normalise, largest
        )
        total_a += count_a * flow[None, :]
        sum_a += number_a * flow
        if pairs:
            total_b += count_b * flow[None, :]
            sum_b += number_b * flow
    store_gradient(weight_grad, bias_grad, part, column, mask, kernels, total_a, sum_a, rows)
    if pairs:
        store_gradient(weight_grad, bias_grad, part, column + columns, mask, kernels, total_b, sum_b, rows)


# ---- the op


def forward_any(scan: ScanPoolArguments) -> tuple[Tensor, Tensor]:
    """[B, R, M] in the dtype of weight, and for "max" the positions of the maxima (bits of int32)."""
    codes = codes_of(scan)
    if codes is None:
        return streamed.forward_any(scan)
    out, argument = forward(tensors_of(scan, codes))
    return out.to(scan.weight.dtype), argument.view(torch.float32)


def backward_any(
    grad: Tensor, best: Tensor, scan: ScanPoolArguments, needs: list[bool]
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of x, weight and bias, for grad [B, R, M]; that of x stretch by stretch, in PyTorch."""
    codes = codes_of(scan)
    if codes is None:
        return streamed.backward_any(grad, best, scan, needs)
    of_x, of_weight, of_bias = (scan.weight.new_empty(0) for _ in range(3))
    if needs[1] or needs[2]:
        kernels, offset = backward(tensors_of(scan, codes), grad, best.view(torch.int32))
        of_weight = kernels.to(scan.weight.dtype) if needs[1] else of_weight
        of_bias = offset.to(scan.weight.dtype) if needs[2] else of_bias
    if needs[0]:
        # its own convolution's maximum, which may differ from the kernel's in the last bit
        pooled = streamed.forward_any(scan)[1] if scan.reduce == "max" else best
        of_x = streamed.backward_any(grad, pooled, scan, [True, False, False])[0]
    return of_x, of_weight, of_bias


# ---- from tensors


def tensors_of(scan: ScanPoolArguments, codes: Tensor) -> Scan:
    """The arguments as the kernels read them."""
    lengths = scan.lengths.to(torch.int32).contiguous()
    start = (lengths.cumsum(1) - lengths).to(torch.int32).contiguous()
    return Scan(
        *sheets_of(scan, codes),
        start,
        lengths,
        scan.width,
        scan.columns,
        scan.pairs,
        scan.mean_std is not None,
        scan.reduce,
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
