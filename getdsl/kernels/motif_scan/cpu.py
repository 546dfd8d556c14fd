"""`getdsl::motif_scan` on the CPU: tabulated words where the sequence is one-hot, else the convolution."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from getdsl.kernels.kmer_tables import NotOneHotError, Scan, input_gradient, kernel_gradients, pool
from getdsl.kernels.motif_scan import reference


def forward(x: Tensor, weight: Tensor, bias: Tensor | None, mean_std: Tensor | None, pairs: bool) -> Tensor:
    """x [B, L, 4] or codes [B, L], weight [K, 4, D], bias [K], mean_std [B, 2, M] -> [B, L, M]."""
    if tabulated(x, weight):
        scan = scan_of(x, None, weight, bias, mean_std, pairs, "sum")
        out = torch.empty(*x.shape[:2], scan.columns)
        try:
            pool(scan, out.view(-1, scan.columns).numpy())
            return out.to(weight.dtype)
        except NotOneHotError:
            pass
    return reference.forward(x, weight, bias, mean_std, pairs).contiguous()


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
    if tabulated(x, weight):
        try:
            return gradients(
                scan_of(x, None, weight, bias, mean_std, pairs, "sum"), grad, None, weight, needs
            )
        except NotOneHotError:
            pass
    return reference.backward(grad, x, weight, bias, mean_std, pairs, needs)


def tabulated(x: Tensor, weight: Tensor) -> bool:
    """Whether tables may serve: they are float32, and an empty batch needs none."""
    return weight.dtype != torch.float64 and x.numel() > 0


def scan_of(
    x: Tensor,
    lengths: Tensor | None,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    pairs: bool,
    reduce: str,
) -> Scan:
    """The arguments as arrays, in float32. A weight that is nan spoils all its scores, as 0 * nan does."""
    with torch.no_grad():
        weight = weight.detach().float()
        spoil = 0 * weight.sum((1, 2))
        bias = spoil if bias is None else bias.detach().float() + spoil
        x = x.detach()
        if x.dtype in (torch.float16, torch.bfloat16):
            x = x.float()
        scales = None if mean_std is None else mean_std.detach().float().numpy()
        places = None if lengths is None else lengths.long().contiguous().numpy()
        return Scan(x.numpy(), places, weight.contiguous().numpy(), bias.numpy(), pairs, scales, reduce)


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
