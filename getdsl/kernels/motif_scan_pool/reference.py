"""The definition of `getdsl::motif_scan_pool`, in plain PyTorch: scan, then pool."""

from torch import Tensor

from getdsl.kernels.motif_scan import reference as motif_scan
from getdsl.kernels.segment_pool import reference as segment_pool


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
    return segment_pool.forward(motif_scan.forward(x, weight, bias, mean_std, pairs), lengths, reduce)


def backward(
    grad: Tensor,
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
    hits = motif_scan.forward(x, weight, bias, mean_std, pairs) if reduce == "max" else grad.new_empty(())
    shape = (*x.shape[:2], grad.shape[2])
    spread = segment_pool.backward(grad, hits.expand(shape), lengths, reduce)
    return motif_scan.backward(spread, x, weight, bias, mean_std, pairs, needs)
