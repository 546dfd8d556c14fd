"""`getdsl::motif_scan` on NVIDIA GPUs, in Triton: a program for each block of positions and tile of motifs.

Backwards the gradient of the scores is split into two fp16 parts too, scaled for each motif, so that its
product with the one-hot rows has float32's accuracy.
"""

from typing import Any

import triton
import triton.language as tl
from torch import Tensor

from getdsl.kernels.motif_scan import reference
from getdsl.kernels.motif_scan.arguments import ScanArguments
from getdsl.kernels.motif_scan.one_hot_tiles import (
    Sheets,
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

FORWARD, BACKWARD = Tiles(64, 64, 4, 2), Tiles(64, 32, 4, 1)
PARTS = 128  # of the positions, whose gradients are summed in order: a number that no machine changes


@jit
def motif_scan_fwd_kernel(  # type: ignore[no-untyped-def]
    codes,
    high,
    low,
    scale,
    bias,
    shift,
    inverse,
    out,
    length,
    blocks,
    width,
    columns,
    kernels,
    rows: tl.constexpr,
    positions: tl.constexpr,
    motifs: tl.constexpr,
    pairs: tl.constexpr,
    normalise: tl.constexpr,
):
    """The scores of a block of positions, of which a sample has `blocks`, under a tile of motifs."""
    sample = tl.program_id(0).to(tl.int64) // blocks
    first = (tl.program_id(0) % blocks) * positions
    column = tl.program_id(1) * motifs + tl.arange(0, motifs)
    mask = column < columns
    tile = one_hot_tile(codes, sample, first, length, width, positions, rows)
    one = load_strand(high, low, scale, bias, column, mask, kernels, rows)
    other = load_strand(high, low, scale, bias, column + columns, mask & pairs, kernels, rows)
    hits = hits_of(score(tile, one), score(tile, other), pairs)
    if normalise:
        shift_m, inverse_m = load_normalisation(shift, inverse, sample, column, mask, columns, normalise)
        hits = rectified(normalised(hits, shift_m, inverse_m))
    place = first + tl.arange(0, positions)
    to = out + (sample * length + place)[:, None] * columns + column[None, :]
    tl.store(to, hits.to(out.dtype.element_ty), mask=(place < length)[:, None] & mask[None, :])


@jit
def _product(tile, flow, largest):  # type: ignore[no-untyped-def]
    """One-hot rows, transposed, times the gradient [positions, motifs], scaled by `largest` [motifs]."""
    scaled = flow / largest[None, :]
    high = scaled.to(tl.float16)
    low = (scaled - high.to(tl.float32)).to(tl.float16)
    turned = tl.trans(tile)
    return (tl.dot(turned, high) + tl.dot(turned, low)) * largest[None, :]


@jit
def motif_scan_bwd_kernel(  # type: ignore[no-untyped-def]
    codes,
    high,
    low,
    scale,
    bias,
    shift,
    inverse,
    grad,
    largest,
    weight_grad,
    bias_grad,
    length,
    blocks,
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
):
    """A share of the blocks and a tile of motifs: what they add to the gradients of weight and bias."""
    part = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * motifs + tl.arange(0, motifs)
    mask = column < columns
    largest_m = tl.load(largest + column, mask=mask, other=1.0)
    one = load_strand(high, low, scale, bias, column, mask, kernels, rows)
    other = load_strand(high, low, scale, bias, column + columns, mask & pairs, kernels, rows)
    total_a, sum_a = no_gradient(rows, motifs)
    total_b, sum_b = no_gradient(rows, motifs)
    for block in range(part * share, tl.minimum((part + 1) * share, total)):
        sample = block // blocks
        first = (block % blocks) * positions
        tile = one_hot_tile(codes, sample, first, length, width, positions, rows)
        place = first + tl.arange(0, positions)
        kept = (place < length)[:, None] & mask[None, :]
        at = grad + (sample * length + place)[:, None] * columns + column[None, :]
        flow = tl.load(at, mask=kept, other=0.0).to(tl.float32)
        scores_a = score(tile, one)
        scores_b = score(tile, other)
        if normalise:
            shift_m, inverse_m = load_normalisation(shift, inverse, sample, column, mask, columns, normalise)
            up = normalised(hits_of(scores_a, scores_b, pairs), shift_m, inverse_m)
            flow = tl.where(positive(up), flow * inverse_m[None, :], 0.0)
        flow_a = tl.where(positive(scores_a), flow, 0.0)
        total_a += _product(tile, flow_a, largest_m)
        sum_a += tl.sum(flow_a, axis=0)
        if pairs:
            flow_b = tl.where(positive(scores_b), flow, 0.0)
            total_b += _product(tile, flow_b, largest_m)
            sum_b += tl.sum(flow_b, axis=0)
    store_gradient(weight_grad, bias_grad, part, column, mask, kernels, total_a, sum_a, rows)
    if pairs:
        store_gradient(weight_grad, bias_grad, part, column + columns, mask, kernels, total_b, sum_b, rows)


# ---- the op


def forward_any(scan: ScanArguments) -> Tensor:
    """[B, L, M] in the dtype of weight."""
    codes = codes_of(scan)
    return reference.forward(scan).contiguous() if codes is None else forward(scan, sheets_of(scan, codes))


def backward_any(grad: Tensor, scan: ScanArguments, needs: list[bool]) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of x, weight and bias, for grad [B, L, M]; that of x by the convolution, in PyTorch."""
    codes = codes_of(scan)
    if codes is None:
        return reference.backward(grad, scan, needs)
    of_x, of_weight, of_bias = (scan.weight.new_empty(0) for _ in range(3))
    if needs[1] or needs[2]:
        kernels, offset = backward(grad, scan, sheets_of(scan, codes))
        of_weight = kernels.to(scan.weight.dtype) if needs[1] else of_weight
        of_bias = offset.to(scan.weight.dtype) if needs[2] else of_bias
    if needs[0]:
        of_x = reference.backward(grad, scan, [True, False, False])[0]
    return of_x, of_weight, of_bias


def forward(scan: ScanArguments, sheets: Sheets) -> Tensor:
    """[B, L, M] in the dtype of weight."""
    tiles = _fitting(FORWARD, sheets)
    batch, length = sheets.codes.shape
    blocks = triton.cdiv(length, tiles.positions)
    out = scan.weight.new_empty(batch, length, scan.columns)
    grid = (batch * blocks, triton.cdiv(scan.columns, tiles.motifs))
    motif_scan_fwd_kernel[grid](
        *sheets,
        out,
        length,
        blocks,
        scan.width,
        scan.columns,
        len(sheets.bias),
        **_constants(scan, sheets, tiles),
    )
    return out


def backward(grad: Tensor, scan: ScanArguments, sheets: Sheets) -> tuple[Tensor, Tensor]:
    """The gradients of weight [K, 4, D] and bias [K] in float32, for grad [B, L, M]."""
    tiles, rows, kernels = _fitting(BACKWARD, sheets), sheets.high.shape[0], len(sheets.bias)
    batch, length = sheets.codes.shape
    blocks = triton.cdiv(length, tiles.positions)
    total = batch * blocks
    parts = min(PARTS, total)
    weight_grad = sheets.scale.new_zeros(parts, rows, kernels)
    bias_grad = sheets.scale.new_zeros(parts, kernels)
    motif_scan_bwd_kernel[parts, triton.cdiv(scan.columns, tiles.motifs)](
        *sheets,
        grad.contiguous(),
        _largest(grad, scan, sheets),
        weight_grad,
        bias_grad,
        length,
        blocks,
        scan.width,
        scan.columns,
        kernels,
        total,
        triton.cdiv(total, parts),
        **_constants(scan, sheets, tiles),
    )
    flat = weight_grad.sum(0)[: 4 * scan.width]  # the parts in order, so the same every time
    return flat.view(scan.width, 4, kernels).permute(2, 1, 0).contiguous(), bias_grad.sum(0)


def _largest(grad: Tensor, scan: ScanArguments, sheets: Sheets) -> Tensor:
    """A bound [M] of each motif's gradient over 512, which leaves both parts of it in the range of fp16."""
    bound = grad.abs().amax(1).float()  # [B, M]
    if scan.mean_std is not None:
        bound = bound * sheets.inverse.abs()
    return bound.amax(0).clamp(min=1e-30) / 512


def _fitting(tiles: Tiles, sheets: Sheets) -> Tiles:
    """Fewer motifs where kernels are wide."""
    return tiles._replace(motifs=tiles.motifs // 2) if sheets.high.shape[0] > 128 else tiles


def _constants(scan: ScanArguments, sheets: Sheets, tiles: Tiles) -> dict[str, Any]:
    return {
        "rows": sheets.high.shape[0],
        "positions": tiles.positions,
        "motifs": tiles.motifs,
        "pairs": scan.pairs,
        "normalise": scan.mean_std is not None,
        "num_warps": tiles.warps,
        "num_stages": tiles.stages,
    }
