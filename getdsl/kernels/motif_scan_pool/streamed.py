"""Scan and pool in plain PyTorch, a stretch of the sequence at a time: for soft sequences and float64.

No more than `STRETCH` scores are held at once.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from getdsl.kernels.motif_scan.reference import from_scores, through_convolution, to_scores
from getdsl.kernels.motif_scan_pool.arguments import ScanPoolArguments

STRETCH = 2**21  # scores


class _Stretch(NamedTuple):
    sample: int
    start: int
    stop: int
    row: Tensor  # of the pooled output, for each position


def forward_any(scan: ScanPoolArguments) -> tuple[Tensor, Tensor]:
    """[B, R, M] in the dtype of weight, and for "max" as compared, in float32 or more (or empty)."""
    out = forward(scan.widened())
    return out.to(scan.weight.dtype, copy=True), out if scan.reduce == "max" else out.new_empty(0)


def backward_any(
    grad: Tensor, best: Tensor, scan: ScanPoolArguments, needs: list[bool]
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of x, weight and bias in their dtype, for grad [B, R, M] and what `forward_any` gave."""
    found = backward(grad.to(best.dtype), best, scan.widened(), needs)
    return tuple(value.to(scan.weight.dtype) for value in found)  # type: ignore[return-value]


def forward(scan: ScanPoolArguments) -> Tensor:
    """[B, R, M]"""
    out = scan.weight.new_zeros(scan.lengths.numel(), scan.columns)
    for stretch in _stretches(scan):
        hits = from_scores(_scores(_window(scan, stretch), scan), _scales(scan, stretch), scan.pairs)[0]
        if scan.reduce == "max":  # hits are not negative
            out.scatter_reduce_(0, stretch.row[:, None].expand_as(hits), hits, "amax")
        else:
            out.index_add_(0, stretch.row, hits)
    if scan.reduce == "mean":
        out /= scan.lengths.reshape(-1, 1).clamp(min=1)
    return out.view(scan.shape)


def backward(
    grad: Tensor, pooled: Tensor, scan: ScanPoolArguments, needs: list[bool]
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of x, weight and bias, for grad [B, R, M]; empty for what `needs` leaves out."""
    grad = grad.reshape(-1, scan.columns).clone()
    if scan.reduce == "mean":
        grad /= scan.lengths.reshape(-1, 1).clamp(min=1).to(grad.dtype)
    best = pooled.reshape(-1, scan.columns)
    of_x, of_weight, of_bias = (total.zero_() for total in scan.empty_gradients(needs))
    for stretch in _stretches(scan):
        window, scales = _window(scan, stretch), _scales(scan, stretch)
        scores = _scores(window, scan)
        if scan.reduce == "max":
            flow = _first_best(grad, best, from_scores(scores, scales, scan.pairs)[0], stretch.row)
        else:
            flow = grad[stretch.row]
        of_scores = to_scores(flow[None], scores, scales, scan.pairs)
        found = through_convolution(of_scores, window, scan.weight, needs)
        if needs[0]:
            _add_window(of_x, found[0], stretch, scan.width)
        of_weight += found[1]
        of_bias += found[2]
    return of_x, of_weight, of_bias


def _stretches(scan: ScanPoolArguments) -> Iterator[_Stretch]:
    """Consecutive positions of one sample, those of its regions only."""
    step = max(1, STRETCH // len(scan.weight))
    ends = scan.lengths.long().cumsum(1)
    for sample, used in enumerate(ends[:, -1].tolist() if ends.shape[1] else []):
        for start in range(0, used, step):
            stop = min(start + step, used)
            position = torch.arange(start, stop, device=ends.device)
            row = torch.searchsorted(ends[sample].contiguous(), position, right=True) + sample * ends.shape[1]
            yield _Stretch(sample, start, stop, row)


def _window(scan: ScanPoolArguments, stretch: _Stretch) -> Tensor:
    """What the stretch's positions see of the sequence [1, 4, S + D - 1], zeros beyond its ends."""
    low, high = stretch.start - (scan.width - 1) // 2, stretch.stop + scan.width // 2
    seen = replace(scan, x=scan.x[stretch.sample : stretch.sample + 1, max(low, 0) : high]).one_hot()
    return F.pad(seen.transpose(1, 2), (max(-low, 0), max(high - scan.x.shape[1], 0)))


def _scores(window: Tensor, scan: ScanPoolArguments) -> Tensor:
    """[1, S, K]"""
    return F.conv1d(window, scan.weight, scan.bias).transpose(1, 2)


def _scales(scan: ScanPoolArguments, stretch: _Stretch) -> Tensor | None:
    return None if scan.mean_std is None else scan.mean_std[stretch.sample : stretch.sample + 1]


def _first_best(grad: Tensor, best: Tensor, hits: Tensor, row: Tensor) -> Tensor:
    """The gradient at the first position of each region that holds its maximum; it is taken out of grad."""
    position = torch.arange(len(row), device=row.device)[:, None]
    found = (hits == best[row]) | (hits.isnan() & best[row].isnan())
    first = torch.full_like(grad, len(row), dtype=torch.long)
    first.scatter_reduce_(0, row[:, None].expand_as(hits), torch.where(found, position, len(row)), "amin")
    here = position == first[row]
    flow = torch.where(here, grad[row], torch.zeros_like(hits))
    grad[first < len(row)] = 0
    return flow


def _add_window(total: Tensor, gradient: Tensor, stretch: _Stretch, width: int) -> None:
    low = stretch.start - (width - 1) // 2
    start, stop = max(low, 0), min(stretch.stop + width // 2, total.shape[1])
    total[stretch.sample, start:stop] += gradient[0].T[start - low : stop - low]
