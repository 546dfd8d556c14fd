"""The op `getdsl::motif_scan`: scores of DNA under motif kernels, at every position. See README.md."""

from typing import Any

import torch
from torch import Tensor

from getdsl.kernels import has_triton
from getdsl.kernels.motif_scan import reference
from getdsl.kernels.motif_scan.arguments import ScanArguments, Strands, check_modes, kernels_of

__all__ = ["motif_scan"]


def motif_scan(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    strands: Strands = "forward",
    own_strands: int | None = None,
    mean_std: Tensor | None = None,
) -> Tensor:
    """x, one-hot [B, L, 4] or codes [B, L] (uint8: A C G T N are 0 to 4), weight [K, 4, D] -> [B, L, M].

    ReLU(convolution + bias), zero-padded to L; with both strands their sum (see `kernels_of`); with mean_std
    [B, 2, M] then ReLU((· - mean) / std). Raises ValueError, naming the argument, for wrong ranks, types,
    devices and codes.
    """
    check_modes(weight, strands, own_strands, mean_std)
    weight, bias = kernels_of(weight, bias, strands, own_strands)
    hits: Tensor = _forward(x, weight, bias, mean_std, strands != "forward")
    return hits


# ---- the op takes its arguments one by one; what is behind it takes them as one


@torch.library.custom_op("getdsl::motif_scan", mutates_args=(), schema=f"({ScanArguments.SCHEMA}) -> Tensor")
def _forward(*flat: Any) -> Tensor:
    return reference.forward(_checked(flat)).contiguous()


@torch.library.custom_op(
    "getdsl::motif_scan_backward",
    mutates_args=(),
    schema=f"(Tensor grad, {ScanArguments.SCHEMA}, bool[] needs) -> (Tensor, Tensor, Tensor)",
)
def _backward(grad: Tensor, *flat: Any) -> tuple[Tensor, Tensor, Tensor]:
    *arguments, needs = flat
    return reference.backward(grad, ScanArguments(*arguments), needs)


@_forward.register_kernel("cpu")
def _forward_cpu(*flat: Any) -> Tensor:
    from getdsl.kernels.motif_scan import cpu

    return cpu.forward(_checked(flat))


@_backward.register_kernel("cpu")
def _backward_cpu(grad: Tensor, *flat: Any) -> tuple[Tensor, Tensor, Tensor]:
    from getdsl.kernels.motif_scan import cpu

    *arguments, needs = flat
    return cpu.backward(grad, ScanArguments(*arguments), needs)


@_forward.register_kernel("cuda")
def _forward_cuda(*flat: Any) -> Tensor:
    scan = _checked(flat)
    if not has_triton():
        return reference.forward(scan).contiguous()
    from getdsl.kernels.motif_scan import cuda

    return cuda.forward_any(scan)


@_backward.register_kernel("cuda")
def _backward_cuda(grad: Tensor, *flat: Any) -> tuple[Tensor, Tensor, Tensor]:
    *arguments, needs = flat
    scan = ScanArguments(*arguments)
    if not has_triton():
        return reference.backward(grad, scan, needs)
    from getdsl.kernels.motif_scan import cuda

    return cuda.backward_any(grad, scan, needs)


@_forward.register_fake
def _forward_fake(*flat: Any) -> Tensor:
    scan = ScanArguments(*flat)
    scan.check_form()
    return scan.weight.new_empty(*scan.x.shape[:2], scan.columns)


@_backward.register_fake
def _backward_fake(grad: Tensor, *flat: Any) -> tuple[Tensor, Tensor, Tensor]:
    *arguments, needs = flat
    return ScanArguments(*arguments).empty_gradients(needs)


def _save(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    *tensors, ctx.pairs = inputs
    ctx.save_for_backward(*tensors)


def _gradient(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
    needs = [bool(need) for need in ctx.needs_input_grad[:3]]
    if torch.is_grad_enabled():  # to be differentiated again, in operations of PyTorch
        x, weight, bias, mean_std = ctx.saved_tensors
        found = reference.backward(grad, ScanArguments(x, weight, bias, mean_std, ctx.pairs), needs)
    else:
        found = _backward(grad, *ctx.saved_tensors, ctx.pairs, needs)
    return *(value if need else None for value, need in zip(found, needs, strict=True)), None, None


_forward.register_autograd(_gradient, setup_context=_save)


def _checked(flat: tuple[Any, ...]) -> ScanArguments:
    scan = ScanArguments(*flat)
    scan.check()
    return scan
