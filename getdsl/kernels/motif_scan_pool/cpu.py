"""`getdsl::motif_scan_pool` on the CPU: tabulated words where x is one-hot, else stretch by stretch."""

import torch
from torch import Tensor

from getdsl.kernels.kmer_tables import NotOneHotError, pool
from getdsl.kernels.motif_scan.cpu import arrays_of, gradients, tabulated
from getdsl.kernels.motif_scan_pool import streamed
from getdsl.kernels.motif_scan_pool.arguments import ScanPoolArguments


def forward(scan: ScanPoolArguments) -> tuple[Tensor, Tensor]:
    """[B, R, M] in the dtype of weight, and for a maximum as it was compared, in float32 (else empty)."""
    if tabulated(scan):
        out, largest = torch.zeros(scan.shape), scan.reduce == "max"
        try:
            pool(arrays_of(scan, scan.lengths, scan.reduce), out.view(-1, scan.columns).numpy())
            return out.to(scan.weight.dtype, copy=largest), out if largest else out.new_empty(0)
        except NotOneHotError:
            pass
    return streamed.forward_any(scan)


def backward(
    grad: Tensor, best: Tensor, scan: ScanPoolArguments, needs: list[bool]
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of x, weight and bias, for grad [B, R, M]; empty for what `needs` leaves out."""
    if tabulated(scan):
        try:
            arrays = arrays_of(scan, scan.lengths, scan.reduce)
            return gradients(arrays, grad, best if scan.reduce == "max" else None, scan.weight, needs)
        except NotOneHotError:
            pass
    return streamed.backward_any(grad, best, scan, needs)
