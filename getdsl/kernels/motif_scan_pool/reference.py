"""The definition of `getdsl::motif_scan_pool`, in plain PyTorch: scan, then pool."""

from torch import Tensor

from getdsl.kernels.motif_scan import reference as motif_scan
from getdsl.kernels.motif_scan_pool.arguments import ScanPoolArguments
from getdsl.kernels.segment_pool import reference as segment_pool


def forward(scan: ScanPoolArguments) -> Tensor:
    """[B, R, M]"""
    return segment_pool.forward(motif_scan.forward(scan), scan.lengths, scan.reduce)


def backward(grad: Tensor, scan: ScanPoolArguments, needs: list[bool]) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of x, weight and bias, for grad [B, R, M]; empty for what `needs` leaves out."""
    hits = motif_scan.forward(scan) if scan.reduce == "max" else grad.new_empty(())
    shape = (*scan.x.shape[:2], scan.columns)
    spread = segment_pool.backward(grad, hits.expand(shape), scan.lengths, scan.reduce)
    return motif_scan.backward(spread, scan, needs)
