"""`getdsl::motif_scan` on the CPU: tabulated words where the sequence is one-hot, else the convolution."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from getdsl.kernels.kmer_tables import NotOneHotError, Scan, input_gradient, kernel_gradients, pool
from getdsl.kernels.motif_scan import reference
from getdsl.kernels.motif_scan.arguments import ScanArguments


def forward(scan: ScanArguments) -> Tensor:
    """[B, L, M] in the dtype of weight."""
    if tabulated(scan):
        arrays = arrays_of(scan, None, "sum")
        out = torch.empty(*scan.x.shape[:2], scan.columns)
        try:
            pool(arrays, out.view(-1, scan.columns).numpy())
            return out.to(scan.weight.dtype)
        except NotOneHotError:
            pass
    return reference.forward(scan).contiguous()


def backward(grad: Tensor, scan: ScanArguments, needs: list[bool]) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of x, weight and bias, for grad [B, L, M]; empty for what `needs` leaves out."""
    if tabulated(scan):
        try:
            return gradients(arrays_of(scan, None, "sum"), grad, None, scan.weight, needs)
        except NotOneHotError:
            pass
    return reference.backward(grad, scan, needs)


def tabulated(scan: ScanArguments) -> bool:
    """Whether tables may serve: they are float32, and an empty batch needs none."""
    return scan.weight.dtype != torch.float64 and scan.x.numel() > 0


def arrays_of(scan: ScanArguments, lengths: Tensor | None, reduce: str) -> Scan:
    """The arguments as arrays, in float32. A weight that is nan spoils all its scores, as 0 * nan does."""
    with torch.no_grad():
        scan = scan.widened()
        spoil = 0 * scan.weight.sum((1, 2))
        return Scan(
            scan.x.detach().numpy(),
            None if lengths is None else lengths.long().contiguous().numpy(),
            scan.weight.detach().contiguous().numpy(),
            (spoil if scan.bias is None else scan.bias + spoil).detach().numpy(),
            scan.pairs,
            None if scan.mean_std is None else scan.mean_std.detach().numpy(),
            reduce,
        )


def gradients(
    scan: Scan, grad: Tensor, pooled: Tensor | None, weight: Tensor, needs: list[bool]
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of x, weight and bias, as far as needed, for grad [..., M]. Raises NotOneHotError."""
    empty = (weight.new_empty(0) for _ in range(3))
    of_x, of_weight, of_bias = empty
    flat = grad.detach().reshape(-1, scan.columns).float().contiguous().numpy()
    best = flat if pooled is None else pooled.detach().reshape(-1, scan.columns).numpy()
    if needs[1] or needs[2]:
        kernels, bias = kernel_gradients(scan, _own(flat, scan), best, only_bias=not needs[1])
        if needs[1]:
            of_weight = torch.from_numpy(kernels).to(weight.dtype)
        if needs[2]:
            of_bias = torch.from_numpy(bias).to(weight.dtype)
    if needs[0]:
        x = torch.zeros(scan.sequence.shape)
        input_gradient(scan, _own(flat, scan), best, x.numpy())
        of_x = x.to(weight.dtype)
    return of_x, of_weight, of_bias


def _own(grad: NDArray[np.float32], scan: Scan) -> NDArray[np.float32]:
    """A maximum writes to its gradients."""
    return grad.copy() if scan.reduce == "max" else grad
