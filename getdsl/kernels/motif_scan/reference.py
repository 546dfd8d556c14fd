"""The definition of `getdsl::motif_scan`, in plain PyTorch: what every other kernel is held against."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.grad import conv1d_input, conv1d_weight


def forward(x: Tensor, weight: Tensor, bias: Tensor | None, mean_std: Tensor | None, pairs: bool) -> Tensor:
    """x [B, L, 4] or codes [B, L], weight [K, 4, D], bias [K], mean_std [B, 2, M] -> [B, L, M]."""
    if not x.shape[1]:  # conv1d refuses a sequence of nothing
        return weight.new_zeros(x.shape[0], 0, len(weight) // 2 if pairs else len(weight))
    scores = F.conv1d(_padded(x, weight), weight, bias)
    return from_scores(scores.transpose(1, 2), mean_std, pairs)


def backward(
    grad: Tensor,
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    pairs: bool,
    needs: list[bool],
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of x, weight and bias, for grad [B, L, M]; empty for what `needs` leaves out."""
    if not x.shape[1]:
        tensors = zip((x, weight, weight[:, 0, 0]), needs, strict=True)
        return tuple(value.new_zeros(value.shape if need else 0) for value, need in tensors)  # type: ignore[return-value]
    padded, width = _padded(x, weight), weight.shape[2]
    scores = F.conv1d(padded, weight, bias).transpose(1, 2)
    of_padded, of_weight, of_bias = through_convolution(
        to_scores(grad, scores, mean_std, pairs), padded, weight, needs
    )
    if needs[0]:
        margin = (width - 1) // 2
        of_padded = of_padded[:, :, margin : margin + x.shape[1]].transpose(1, 2).contiguous()
    return of_padded, of_weight, of_bias


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


def _padded(x: Tensor, weight: Tensor) -> Tensor:
    """[B, 4, L + D - 1]"""
    width = weight.shape[2]
    return F.pad(one_hot(x, weight.dtype).transpose(1, 2), ((width - 1) // 2, width // 2))


def one_hot(x: Tensor, dtype: torch.dtype) -> Tensor:
    """Codes [B, L] as [B, L, 4], zeros for N; what is one-hot already is returned."""
    return F.one_hot(x.long(), 5)[..., :4].to(dtype) if x.ndim == 2 else x
