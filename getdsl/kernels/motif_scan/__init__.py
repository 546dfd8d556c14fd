"""The op `getdsl::motif_scan`: scores of DNA under motif kernels, at every position. See README.md."""

from typing import Any

import torch
from torch import Tensor

from getdsl.kernels.motif_scan import reference
from getdsl.kernels.motif_scan.arguments import Strands, check_codes, check_form, check_modes, kernels_of

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


@torch.library.custom_op("getdsl::motif_scan", mutates_args=())
def _forward(x: Tensor, weight: Tensor, bias: Tensor | None, mean_std: Tensor | None, pairs: bool) -> Tensor:
    check_form(x, weight, bias, mean_std, pairs)
    check_codes(x)
    return reference.forward(x, weight, bias, mean_std, pairs).contiguous()


@torch.library.custom_op("getdsl::motif_scan_backward", mutates_args=())
def _backward(
    grad: Tensor,
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    pairs: bool,
    needs: list[bool],
) -> tuple[Tensor, Tensor, Tensor]:
    return reference.backward(grad, x, weight, bias, mean_std, pairs, needs)


@_forward.register_kernel("cpu")
def _forward_cpu(
    x: Tensor, weight: Tensor, bias: Tensor | None, mean_std: Tensor | None, pairs: bool
) -> Tensor:
    from getdsl.kernels.motif_scan import cpu

    check_form(x, weight, bias, mean_std, pairs)
    check_codes(x)
    return cpu.forward(x, weight, bias, mean_std, pairs)


@_backward.register_kernel("cpu")
def _backward_cpu(
    grad: Tensor,
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    pairs: bool,
    needs: list[bool],
) -> tuple[Tensor, Tensor, Tensor]:
    from getdsl.kernels.motif_scan import cpu

    return cpu.backward(grad, x, weight, bias, mean_std, pairs, needs)


@_forward.register_fake
def _forward_fake(
    x: Tensor, weight: Tensor, bias: Tensor | None, mean_std: Tensor | None, pairs: bool
) -> Tensor:
    check_form(x, weight, bias, mean_std, pairs)
    return weight.new_empty(x.shape[0], x.shape[1], len(weight) // 2 if pairs else len(weight))


@_backward.register_fake
def _backward_fake(
    grad: Tensor,
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mean_std: Tensor | None,
    pairs: bool,
    needs: list[bool],
) -> tuple[Tensor, Tensor, Tensor]:
    return (
        weight.new_empty(x.shape if needs[0] else (0,)),
        weight.new_empty(weight.shape if needs[1] else (0,)),
        weight.new_empty(len(weight) if needs[2] else 0),
    )


def _save(
    ctx: Any, inputs: tuple[Tensor, Tensor, Tensor | None, Tensor | None, bool], output: Tensor
) -> None:
    x, weight, bias, mean_std, ctx.pairs = inputs
    ctx.save_for_backward(x, weight, bias, mean_std)


def _gradient(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
    x, weight, bias, mean_std = ctx.saved_tensors
    needs = [bool(need) for need in ctx.needs_input_grad[:3]]
    found = _backward(grad, x, weight, bias, mean_std, ctx.pairs, needs)
    return *(value if need else None for value, need in zip(found, needs, strict=True)), None, None


_forward.register_autograd(_gradient, setup_context=_save)
