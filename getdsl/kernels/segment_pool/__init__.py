"""The op `getdsl::segment_pool`: sum, mean or maximum over ragged segments. See README.md."""

from typing import Any

import torch
from torch import Tensor

from getdsl.kernels import has_triton
from getdsl.kernels.segment_pool import cpu, plain, reference
from getdsl.kernels.segment_pool.arguments import REDUCTIONS, check_lengths, check_lengths_form

__all__ = ["REDUCTIONS", "segment_pool"]


def segment_pool(x: Tensor, lengths: Tensor, reduce: str = "mean") -> Tensor:
    """x [B, L, D] pooled over consecutive segments of `lengths` [B, R] -> [B, R, D].

    `reduce` is "mean", "sum" or "max".
    Segment r of a sample starts where those before it end; what is left of L is padding, and an empty segment
    gives zeros. Raises ValueError, naming the argument, for wrong ranks, types or devices and for lengths
    that are negative or sum past L. An exported graph pools in plain PyTorch, to run where this op is not.
    """
    if torch.compiler.is_exporting():
        return plain.segment_pool(x, lengths, reduce)
    pooled: Tensor = _forward(x, lengths, reduce)
    return pooled


@torch.library.custom_op("getdsl::segment_pool", mutates_args=())
def _forward(x: Tensor, lengths: Tensor, reduce: str) -> Tensor:
    _check(x, lengths, reduce)
    return reference.forward(x, lengths, reduce)


@torch.library.custom_op("getdsl::segment_pool_backward", mutates_args=())
def _backward(grad: Tensor, x: Tensor, lengths: Tensor, reduce: str) -> Tensor:
    return reference.backward(grad, x, lengths, reduce)


@_forward.register_kernel("cpu")
def _forward_cpu(x: Tensor, lengths: Tensor, reduce: str) -> Tensor:
    _check(x, lengths, reduce)
    return cpu.forward(x, lengths, reduce)


@_backward.register_kernel("cpu")
def _backward_cpu(grad: Tensor, x: Tensor, lengths: Tensor, reduce: str) -> Tensor:
    return cpu.backward(grad, x, lengths, reduce)


@_forward.register_kernel("cuda")
def _forward_cuda(x: Tensor, lengths: Tensor, reduce: str) -> Tensor:
    _check(x, lengths, reduce)
    if not has_triton():
        return reference.forward(x, lengths, reduce)
    from getdsl.kernels.segment_pool import cuda

    return cuda.forward(x, lengths, reduce)


@_backward.register_kernel("cuda")
def _backward_cuda(grad: Tensor, x: Tensor, lengths: Tensor, reduce: str) -> Tensor:
    if not has_triton():
        return reference.backward(grad, x, lengths, reduce)
    from getdsl.kernels.segment_pool import cuda

    return cuda.backward(grad, x, lengths, reduce)


@_forward.register_fake
def _forward_fake(x: Tensor, lengths: Tensor, reduce: str) -> Tensor:
    _check_form(x, lengths, reduce)
    return x.new_empty(*lengths.shape, x.shape[2])


@_backward.register_fake
def _backward_fake(grad: Tensor, x: Tensor, lengths: Tensor, reduce: str) -> Tensor:
    return grad.new_empty(x.shape)


def _save(ctx: Any, inputs: tuple[Tensor, Tensor, str], output: Tensor) -> None:
    x, lengths, ctx.reduce = inputs
    ctx.save_for_backward(x, lengths)


def _gradient(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
    x, lengths = ctx.saved_tensors
    # a gradient that is differentiated again is computed in operations that PyTorch can differentiate
    backward = reference.backward if torch.is_grad_enabled() else _backward
    return backward(grad, x, lengths, ctx.reduce), None, None


_forward.register_autograd(_gradient, setup_context=_save)


def _check_form(x: Tensor, lengths: Tensor, reduce: str) -> None:
    """What can be checked without reading a value, so also while a model is traced."""
    if x.ndim != 3:
        raise ValueError(f"x must be [B, L, D], got a tensor of shape {list(x.shape)}")
    if not x.is_floating_point():
        raise ValueError(f"x must be floating point, got {x.dtype}")
    check_lengths_form(x, lengths, reduce)


def _check(x: Tensor, lengths: Tensor, reduce: str) -> None:
    _check_form(x, lengths, reduce)
    check_lengths(x, lengths)
