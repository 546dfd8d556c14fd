"""The definition of `getdsl::motif_scan`, in plain PyTorch: what every other kernel is held against."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.grad import conv1d_input, conv1d_weight

from getdsl.kernels.motif_scan.arguments import ScanArguments


def forward(scan: ScanArguments) -> Tensor:
    """[B, L, M] in the dtype of weight; half precision is scanned in float32."""
    if not scan.x.shape[1]:  # conv1d refuses a sequence of nothing
        return scan.weight.new_zeros(scan.x.shape[0], 0, scan.columns)
    wide = scan.widened()
    scores = F.conv1d(_padded(wide), wide.weight, wide.bias)
    return from_scores(scores.transpose(1, 2), wide.mean_std, scan.pairs).to(scan.weight.dtype)


def backward(grad: Tensor, scan: ScanArguments, needs: list[bool]) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of x, weight and bias, for grad [B, L, M]; empty for what `needs` leaves out."""
    if not scan.x.shape[1]:
        of_x, of_weight, of_bias = scan.empty_gradients(needs)
        return of_x, of_weight.zero_(), of_bias.zero_()
    wide = scan.widened()
    padded = _padded(wide)
    scores = F.conv1d(padded, wide.weight, wide.bias).transpose(1, 2)
    of_scores = to_scores(grad.to(scores.dtype), scores, wide.mean_std, scan.pairs)
    of_padded, of_weight, of_bias = through_convolution(of_scores, padded, wide.weight, needs)
    if needs[0]:
        margin = (scan.width - 1) // 2
        of_padded = of_padded[:, :, margin : margin + scan.x.shape[1]].transpose(1, 2).contiguous()
    dtype = scan.weight.dtype
    return of_padded.to(dtype), of_weight.to(dtype), of_bias.to(dtype)


def from_scores(scores: Tensor, mean_std: Tensor | None, pairs: bool) -> Tensor:
    """What follows the convolution: scores [B, L, K] -> [B, L, M]."""
    hits = F.relu(scores)
    if pairs:
        hits = hits[..., : hits.shape[2] // 2] + hits[..., hits.shape[2] // 2 :]
    if mean_std is not None:
        hits = F.relu((hits - mean_std[:, :1]) / mean_std[:, 1:])
    return hits


def to_scores(grad: Tensor, scores: Tensor, mean_std: Tensor | None, pairs: bool) -> Tensor:
    """The gradient of scores [B, L, K] for grad [B, L, M]."""
    if mean_std is not None:
        raw = from_scores(scores, None, pairs)
        grad = _where_positive((raw - mean_std[:, :1]) / mean_std[:, 1:], grad) / mean_std[:, 1:]
    if pairs:
        grad = torch.cat([grad, grad], dim=2)
    return _where_positive(scores, grad)


def through_convolution(
    grad: Tensor, padded: Tensor, weight: Tensor, needs: list[bool]
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of the padded input [B, 4, L + D - 1], weight and bias, for that of scores [B, L, K]."""
    grad, empty = grad.transpose(1, 2), (weight.new_empty(0) for _ in range(3))
    return (
        conv1d_input(padded.shape, weight, grad) if needs[0] else next(empty),  # type: ignore[no-untyped-call]
        conv1d_weight(padded, weight.shape, grad) if needs[1] else next(empty),  # type: ignore[no-untyped-call]
        grad.sum((0, 2)) if needs[2] else next(empty),
    )


def _where_positive(value: Tensor, grad: Tensor) -> Tensor:
    """The gradient of ReLU at a value."""
    return torch.where(value <= 0, torch.zeros_like(grad), grad)


def _padded(scan: ScanArguments) -> Tensor:
    """[B, 4, L + D - 1]"""
    return F.pad(scan.one_hot().transpose(1, 2), ((scan.width - 1) // 2, scan.width // 2))
