"""`getdsl::motif_scan_pool` on the CPU: tabulated words where x is one-hot, else stretch by stretch."""

import torch
from torch import Tensor

from getdsl.kernels.kmer_tables import NotOneHotError, pool
from getdsl.kernels.motif_scan.cpu import gradients, scan_of, tabulated
from getdsl.kernels.motif_scan_pool import streamed


def forward(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    lengths: Tensor,
    pairs: bool,
    reduce: str,
) -> tuple[Tensor, Tensor]:
    """[B, R, M] in the dtype of weight, and for a maximum as it was compared, in float32 (else empty)."""
    if tabulated(x, weight):
        scan = scan_of(x, lengths, weight, bias, mean_std, pairs, reduce)
        out = torch.zeros(*lengths.shape, scan.columns)
        try:
            pool(scan, out.view(-1, scan.columns).numpy())
            return out.to(weight.dtype, copy=reduce == "max"), out if reduce == "max" else out.new_empty(0)
        except NotOneHotError:
            pass
    return streamed.forward_any(x, weight, bias, mean_std, lengths, pairs, reduce)


def backward(
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
    """The gradients of x, weight and bias, for grad [B, R, M]; empty for what `needs` leaves out."""
    if tabulated(x, weight):
        try:
            scan = scan_of(x, lengths, weight, bias, mean_std, pairs, reduce)
            return gradients(scan, grad, best if reduce == "max" else None, weight, needs)
        except NotOneHotError:
            pass
    return streamed.backward_any(grad, best, x, weight, bias, mean_std, lengths, pairs, reduce, needs)
