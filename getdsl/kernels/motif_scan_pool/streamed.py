"""Scan and pool in plain PyTorch, a stretch of the sequence at a time: for soft sequences and float64.

No more than `STRETCH` scores are held at once.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from getdsl.kernels.motif_scan.reference import from_scores, one_hot, through_convolution, to_scores

STRETCH = 2**21  # scores


class _Stretch(NamedTuple):
    sample: int
    start: int
    stop: int
    row: Tensor  # of the pooled output, for each position


def forward_any(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    lengths: Tensor,
    pairs: bool,
    reduce: str,
) -> tuple[Tensor, Tensor]:
    """[B, R, M] in the dtype of weight, and for "max" as compared, in float32 or more (or empty)."""
    out = forward(*_widened(x, weight, bias, mean_std), lengths, pairs, reduce)
    return out.to(weight.dtype, copy=True), out if reduce == "max" else out.new_empty(0)


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
    """The gradients of x, weight and bias in their dtype, for grad [B, R, M] and what `forward_any` gave."""
    wide = _widened(x, weight, bias, mean_std)
    found = backward(grad.to(best.dtype), best, *wide, lengths, pairs, reduce, needs)
    return tuple(value.to(weight.dtype) for value in found)  # type: ignore[return-value]


def _widened(
    x: Tensor, weight: Tensor, bias: Tensor | None, mean_std: Tensor | None
) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
    """Half precision in float32, as the kernels have it: the maximum is then the same one in the backward."""
    if weight.dtype not in (torch.float16, torch.bfloat16):
        return x, weight, bias, mean_std
    bias = None if bias is None else bias.float()
    mean_std = None if mean_std is None else mean_std.float()
    return x if x.dtype == torch.uint8 else x.float(), weight.float(), bias, mean_std


def forward(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    lengths: Tensor,
    pairs: bool,
    reduce: str,
) -> Tensor:
    """x [B, L, 4] or codes [B, L], lengths [B, R] -> [B, R, M]."""
    columns = len(weight) // 2 if pairs else len(weight)
    out = torch.zeros(lengths.numel(), columns, dtype=weight.dtype, device=x.device)
    for stretch in _stretches(x, lengths, len(weight)):
        scores = _scores(_window(x, stretch, weight), weight, bias)
        hits = from_scores(scores, _scales(mean_std, stretch), pairs)[0]
        if reduce == "max":
            out.scatter_reduce_(
                0, stretch.row[:, None].expand_as(hits), hits, "amax"
            )  # hits are not negative
        else:
            out.index_add_(0, stretch.row, hits)
    if reduce == "mean":
        out /= lengths.reshape(-1, 1).clamp(min=1)
    return out.view(*lengths.shape, columns)


def backward(
    grad: Tensor,
    pooled: Tensor,
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    lengths: Tensor,
    pairs: bool,
    reduce: str,
    needs: list[bool],
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of x, weight and bias, for grad [B, R, M]; empty for what `needs` leaves out."""
    grad = grad.reshape(-1, grad.shape[2]).clone()
    if reduce == "mean":
        grad /= lengths.reshape(-1, 1).clamp(min=1).to(grad.dtype)
    best = pooled.reshape(-1, grad.shape[1])
    tensors = zip((x, weight, weight[:, 0, 0]), needs, strict=True)
    totals = [value.new_zeros(value.shape) if need else weight.new_empty(0) for value, need in tensors]
    for stretch in _stretches(x, lengths, len(weight)):
        window = _window(x, stretch, weight)
        scores, scales = _scores(window, weight, bias), _scales(mean_std, stretch)
        if reduce == "max":
            flow = _first_best(grad, best, from_scores(scores, scales, pairs)[0], stretch.row)
        else:
            flow = grad[stretch.row]
        found = through_convolution(to_scores(flow[None], scores, scales, pairs), window, weight, needs)
        if needs[0]:
            _add_window(totals[0], found[0], stretch, weight.shape[2])
        for total, value in zip(totals[1:], found[1:], strict=True):
            total += value
    return totals[0], totals[1], totals[2]


def _stretches(x: Tensor, lengths: Tensor, kernels: int) -> Iterator[_Stretch]:
    """Consecutive positions of one sample, those of its regions only."""
    step = max(1, STRETCH // kernels)
    ends = lengths.long().cumsum(1)
    for sample, used in enumerate(ends[:, -1].tolist() if ends.shape[1] else []):
        for start in range(0, used, step):
            stop = min(start + step, used)
            position = torch.arange(start, stop, device=x.device)
            row = torch.searchsorted(ends[sample].contiguous(), position, right=True) + sample * ends.shape[1]
            yield _Stretch(sample, start, stop, row)


def _window(x: Tensor, stretch: _Stretch, weight: Tensor) -> Tensor:
    """What the stretch's positions see of the sequence [1, 4, S + D - 1], zeros beyond its ends."""
    width = weight.shape[2]
    low, high = stretch.start - (width - 1) // 2, stretch.stop + width // 2
    seen = one_hot(x[stretch.sample : stretch.sample + 1, max(low, 0) : high], weight.dtype)
    return F.pad(seen.transpose(1, 2), (max(-low, 0), max(high - x.shape[1], 0)))


def _scores(window: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """[1, S, K]"""
    return F.conv1d(window, weight, bias).transpose(1, 2)


def _scales(mean_std: Tensor | None, stretch: _Stretch) -> Tensor | None:
    return None if mean_std is None else mean_std[stretch.sample : stretch.sample + 1]


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
