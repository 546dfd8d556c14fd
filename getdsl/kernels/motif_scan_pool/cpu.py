"""`getdsl::motif_scan_pool` on the CPU: tabulated words where the sequence is one-hot, else stretch by stretch."""

import torch
from torch import Tensor

from getdsl.kernels.kmer_tables import NotOneHot, pool
from getdsl.kernels.motif_scan.cpu import gradients, scan_of, tabulated
from getdsl.kernels.motif_scan_pool import streamed


def forward(
    x: Tensor, weight: Tensor, bias: Tensor | None, mean_std: Tensor | None, lengths: Tensor, pairs: bool, reduce: str
) -> tuple[Tensor, Tensor]:
    """[B, R, M] in the dtype of weight, and for a maximum that in float32, as it was compared (else empty)."""
    if tabulated(x, weight):
        scan = scan_of(x, lengths, weight, bias, mean_std, pairs, reduce)
        out = torch.zeros(*lengths.shape, scan.columns)
        try:
            pool(scan, out.view(-1, scan.columns).numpy())
            return out.to(weight.dtype, copy=reduce == "max"), out if reduce == "max" else out.new_empty(0)
        except NotOneHot:
            pass
    return streamed.forward_any(x, weight, bias, mean_std, lengths, pairs, reduce)


def backward(
    grad: Tensor, best: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None, mean_std: Tensor | None, lengths: Tensor,
    pairs: bool, reduce: str, needs: list[bool],
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """The gradients of x, weight and bias, for grad [B, R, M]; an empty tensor for each that `needs` leaves out."""
    if tabulated(x, weight):
        try:
            scan = scan_of(x, lengths, weight, bias, mean_std, pairs, reduce)
            return gradients(scan, grad, best if reduce == "max" else None, weight, needs)
        except NotOneHot:
            pass
    return streamed.backward_any(grad, best, x, weight, bias, mean_std, lengths, pairs, reduce, needs)
