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
    out = streamed.forward(*_widened(x, weight, bias, mean_std), lengths, pairs, reduce)
    return out.to(weight.dtype, copy=True), out if reduce == "max" else out.new_empty(0)


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
    wide = _widened(x, weight, bias, mean_std)
    found = streamed.backward(grad.to(best.dtype), best, *wide, lengths, pairs, reduce, needs)
    return tuple(value.to(weight.dtype) for value in found)  # type: ignore[return-value]


def _widened(
    x: Tensor, weight: Tensor, bias: Tensor | None, mean_std: Tensor | None
) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
    """Half precision in float32, as the tables are: the maximum is then the same one in the backward."""
    if weight.dtype not in (torch.float16, torch.bfloat16):
        return x, weight, bias, mean_std
    bias = None if bias is None else bias.float()
    mean_std = None if mean_std is None else mean_std.float()
    return x if x.dtype == torch.uint8 else x.float(), weight.float(), bias, mean_std
