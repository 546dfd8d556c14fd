"""The op `getdsl::motif_scan_pool`: a motif scan pooled over regions as it goes. See README.md."""

from typing import Any

import torch
from torch import Tensor

from getdsl.kernels import has_triton
from getdsl.kernels.motif_scan.arguments import Strands, check_modes, kernels_of
from getdsl.kernels.motif_scan_pool import reference, streamed
from getdsl.kernels.motif_scan_pool.arguments import ScanPoolArguments

__all__ = ["motif_scan_pool"]


def motif_scan_pool(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    lengths: Tensor,
    reduce: str = "mean",
    *,
    strands: Strands = "forward",
    own_strands: int | None = None,
    mean_std: Tensor | None = None,
) -> Tensor:
    """`segment_pool(motif_scan(x, weight, bias, …), lengths, reduce)` -> [B, R, M] without [B, L, M].

    x is one-hot [B, L, 4] or codes [B, L], as for `motif_scan`; a soft x is found out and goes the way of the
    convolution. Raises ValueError, naming the argument.
    """
    check_modes(weight, strands, own_strands, mean_std)
    weight, bias = kernels_of(weight, bias, strands, own_strands)
    pooled: Tensor = _forward(x, weight, bias, mean_std, strands != "forward", lengths, reduce)[0]
    return pooled


# ---- the op takes its arguments one by one; what is behind it takes them as one


@torch.library.custom_op(
    "getdsl::motif_scan_pool", mutates_args=(), schema=f"({ScanPoolArguments.SCHEMA}) -> (Tensor, Tensor)"
)
def _forward(*flat: Any) -> tuple[Tensor, Tensor]:
    """The pooled scores, and what the backward of a maximum needs of them."""
    return streamed.forward_any(_checked(flat))


@torch.library.custom_op(
    "getdsl::motif_scan_pool_backward",
    mutates_args=(),
    schema=f"(Tensor grad, Tensor best, {ScanPoolArguments.SCHEMA}, bool[] needs)"
    " -> (Tensor, Tensor, Tensor)",
)
def _backward(grad: Tensor, best: Tensor, *flat: Any) -> tuple[Tensor, Tensor, Tensor]:
    *arguments, needs = flat
    return streamed.backward_any(grad, best, ScanPoolArguments(*arguments), needs)


@_forward.register_kernel("cpu")
def _forward_cpu(*flat: Any) -> tuple[Tensor, Tensor]:
    from getdsl.kernels.motif_scan_pool import cpu

    return cpu.forward(_checked(flat))


@_backward.register_kernel("cpu")
def _backward_cpu(grad: Tensor, best: Tensor, *flat: Any) -> tuple[Tensor, Tensor, Tensor]:
    from getdsl.kernels.motif_scan_pool import cpu

    *arguments, needs = flat
    return cpu.backward(grad, best, ScanPoolArguments(*arguments), needs)


@_forward.register_kernel("cuda")
def _forward_cuda(*flat: Any) -> tuple[Tensor, Tensor]:
    scan = _checked(flat)
    if not has_triton():
        return streamed.forward_any(scan)
    from getdsl.kernels.motif_scan_pool import cuda

    return cuda.forward_any(scan)


@_backward.register_kernel("cuda")
def _backward_cuda(grad: Tensor, best: Tensor, *flat: Any) -> tuple[Tensor, Tensor, Tensor]:
    *arguments, needs = flat
    scan = ScanPoolArguments(*arguments)
    if not has_triton():
        return streamed.backward_any(grad, best, scan, needs)
    from getdsl.kernels.motif_scan_pool import cuda

    return cuda.backward_any(grad, best, scan, needs)


@_forward.register_fake
def _forward_fake(*flat: Any) -> tuple[Tensor, Tensor]:
    scan = ScanPoolArguments(*flat)
    scan.check_form()
    # a maximum is found in float32 at least: half precision is scanned in that
    compared = torch.promote_types(scan.weight.dtype, torch.float32)
    best = scan.weight.new_empty(scan.shape if scan.reduce == "max" else (0,), dtype=compared)
    return scan.weight.new_empty(scan.shape), best


@_backward.register_fake
def _backward_fake(grad: Tensor, best: Tensor, *flat: Any) -> tuple[Tensor, Tensor, Tensor]:
    *arguments, needs = flat
    return ScanPoolArguments(*arguments).empty_gradients(needs)


def _save(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    *tensors, ctx.pairs, lengths, ctx.reduce = inputs
    ctx.save_for_backward(output[1], lengths, *tensors)
    ctx.mark_non_differentiable(output[1])


def _gradient(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
    best, lengths, *tensors = ctx.saved_tensors
    needs = [bool(need) for need in ctx.needs_input_grad[:3]]
    if torch.is_grad_enabled():  # to be differentiated again, in operations of PyTorch
        x, weight, bias, mean_std = tensors
        scan = ScanPoolArguments(x, weight, bias, mean_std, ctx.pairs, lengths, ctx.reduce)
        found = reference.backward(grad, scan, needs)
    else:
        found = _backward(grad, best, *tensors, ctx.pairs, lengths, ctx.reduce, needs)
    return *(value if need else None for value, need in zip(found, needs, strict=True)), *[None] * 4


_forward.register_autograd(_gradient, setup_context=_save)


def _checked(flat: tuple[Any, ...]) -> ScanPoolArguments:
    scan = ScanPoolArguments(*flat)
    scan.check()
    return scan
