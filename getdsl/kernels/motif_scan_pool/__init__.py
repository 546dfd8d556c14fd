"""The op `getdsl::motif_scan_pool`: a motif scan pooled over regions as it goes. See README.md."""

from typing import Any

import torch
from torch import Tensor

from getdsl.kernels import has_triton
from getdsl.kernels.motif_scan.arguments import Strands, check_codes, check_form, check_modes, kernels_of
from getdsl.kernels.motif_scan_pool import streamed
from getdsl.kernels.segment_pool.arguments import check_lengths, check_lengths_form

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
    pooled: Tensor = _forward(x, weight, bias, mean_std, lengths, strands != "forward", reduce)[0]
    return pooled


@torch.library.custom_op("getdsl::motif_scan_pool", mutates_args=())
def _forward(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    lengths: Tensor,
    pairs: bool,
    reduce: str,
) -> tuple[Tensor, Tensor]:
    """The pooled scores, and what the backward of a maximum needs of them."""
    _check(x, weight, bias, mean_std, lengths, pairs, reduce)
    return streamed.forward_any(x, weight, bias, mean_std, lengths, pairs, reduce)


@torch.library.custom_op("getdsl::motif_scan_pool_backward", mutates_args=())
def _backward(
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
    return streamed.backward_any(grad, best, x, weight, bias, mean_std, lengths, pairs, reduce, needs)


@_forward.register_kernel("cpu")
def _forward_cpu(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    lengths: Tensor,
    pairs: bool,
    reduce: str,
) -> tuple[Tensor, Tensor]:
    from getdsl.kernels.motif_scan_pool import cpu

    _check(x, weight, bias, mean_std, lengths, pairs, reduce)
    return cpu.forward(x, weight, bias, mean_std, lengths, pairs, reduce)


@_backward.register_kernel("cpu")
def _backward_cpu(
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
    from getdsl.kernels.motif_scan_pool import cpu

    return cpu.backward(grad, best, x, weight, bias, mean_std, lengths, pairs, reduce, needs)


@_forward.register_kernel("cuda")
def _forward_cuda(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    lengths: Tensor,
    pairs: bool,
    reduce: str,
) -> tuple[Tensor, Tensor]:
    _check(x, weight, bias, mean_std, lengths, pairs, reduce)
    if not has_triton():
        return streamed.forward_any(x, weight, bias, mean_std, lengths, pairs, reduce)
    from getdsl.kernels.motif_scan_pool import cuda

    return cuda.forward_any(x, weight, bias, mean_std, lengths, pairs, reduce)


@_backward.register_kernel("cuda")
def _backward_cuda(
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
    if not has_triton():
        return streamed.backward_any(grad, best, x, weight, bias, mean_std, lengths, pairs, reduce, needs)
    from getdsl.kernels.motif_scan_pool import cuda

    return cuda.backward_any(grad, best, x, weight, bias, mean_std, lengths, pairs, reduce, needs)


@_forward.register_fake
def _forward_fake(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    lengths: Tensor,
    pairs: bool,
    reduce: str,
) -> tuple[Tensor, Tensor]:
    _check_form(x, weight, bias, mean_std, lengths, pairs, reduce)
    shape = (*lengths.shape, len(weight) // 2 if pairs else len(weight))
    return weight.new_empty(shape), weight.new_empty(
        shape if reduce == "max" else (0,), dtype=_compared(weight)
    )


@_backward.register_fake
def _backward_fake(
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
    return (
        weight.new_empty(x.shape if needs[0] else (0,)),
        weight.new_empty(weight.shape if needs[1] else (0,)),
        weight.new_empty(len(weight) if needs[2] else 0),
    )


def _save(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    x, weight, bias, mean_std, lengths, ctx.pairs, ctx.reduce = inputs
    ctx.save_for_backward(x, weight, bias, mean_std, lengths, output[1])
    ctx.mark_non_differentiable(output[1])


def _gradient(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
    x, weight, bias, mean_std, lengths, best = ctx.saved_tensors
    needs = [bool(need) for need in ctx.needs_input_grad[:3]]
    found = _backward(grad, best, x, weight, bias, mean_std, lengths, ctx.pairs, ctx.reduce, needs)
    return (
        *(value if need else None for value, need in zip(found, needs, strict=True)),
        None,
        None,
        None,
        None,
    )


_forward.register_autograd(_gradient, setup_context=_save)


def _compared(weight: Tensor) -> torch.dtype:
    """The dtype in which the maximum is found: half precision is scanned in float32."""
    return torch.promote_types(weight.dtype, torch.float32)


def _check_form(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    lengths: Tensor,
    pairs: bool,
    reduce: str,
) -> None:
    check_form(x, weight, bias, mean_std, pairs)
    check_lengths_form(x, lengths, reduce)


def _check(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    lengths: Tensor,
    pairs: bool,
    reduce: str,
) -> None:
    _check_form(x, weight, bias, mean_std, lengths, pairs, reduce)
    check_lengths(x, lengths)
    check_codes(x)
