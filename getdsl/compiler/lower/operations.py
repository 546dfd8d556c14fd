"""What each tensor operation of the language computes."""

from __future__ import annotations

import operator
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from getdsl.compiler.lower.halves.draws import DRAWS, bernoulli_like, normal_like, uniform_like
from getdsl.compiler.lower.halves.files import read
from getdsl.compiler.lower.halves.moves import arange, every, eye, interpolate, pad, roll, unfold
from getdsl.compiler.lower.halves.pairs import complex_product, fft, irfft, rfft
from getdsl.compiler.lower.halves.places import argtopk, gather, one_hot, scatter_add, sort, take, topk

DTYPES = {"float": torch.float32, "int": torch.int64, "bool": torch.bool}


def of_tensors(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """A function of two tensors, of which one may be a number here."""

    def of_two(left: Tensor | float, right: Tensor | float) -> Tensor:
        device = left.device if isinstance(left, Tensor) else right.device  # type: ignore[union-attr]
        return function(_as_tensor(left, device), _as_tensor(right, device))

    return of_two


def _as_tensor(value: Tensor | float, device: torch.device) -> Tensor:
    return value if isinstance(value, Tensor) else torch.full((), value, device=device)


maximum, minimum = of_tensors(torch.maximum), of_tensors(torch.minimum)
logical_and, logical_or = of_tensors(torch.logical_and), of_tensors(torch.logical_or)


def mod(left: Tensor | float, right: Tensor | float) -> Tensor:
    """PyTorch has no derivative of the rest of a number."""
    if not isinstance(left, Tensor) and isinstance(right, Tensor):
        left = _as_tensor(left, right.device)
    rest: Tensor = torch.remainder(left, right)  # type: ignore[arg-type]  # two numbers are no call
    return rest


def floordiv(left: Tensor | float, right: Tensor | float) -> Tensor:
    """PyTorch has no derivative of it, and fails in the backward pass: here no gradient is asked for."""
    quotient: Tensor = operator.floordiv(_detached(left), _detached(right))
    return quotient


def _detached(value: Tensor | float) -> Tensor | float:
    return value.detach() if isinstance(value, Tensor) else value


def clamp(x: Tensor, min: Tensor | float | None = None, max: Tensor | float | None = None) -> Tensor:
    """Bounds may be a tensor and a number, and wider than x, where PyTorch wants two of a kind, and fails."""
    if isinstance(min, Tensor) or isinstance(max, Tensor):
        bounds = [None if bound is None else _as_tensor(bound, x.device) for bound in (min, max)]
        sides = (bound.shape for bound in bounds if bound is not None)
        shape = torch.broadcast_shapes(x.shape, *sides)  # type: ignore[no-untyped-call]
        low, high = (None if bound is None else bound.expand(shape) for bound in bounds)
        return torch.clamp(x.expand(shape), low, high)
    return torch.clamp(x, min, max)


def softmax(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(x, dim)


def cumsum(x: Tensor, dim: int = -1) -> Tensor:
    return torch.cumsum(x, dim)


def log_softmax(x: Tensor, dim: int = -1) -> Tensor:
    return torch.log_softmax(x, dim)


def outer_sum(x: Tensor, y: Tensor | None = None) -> Tensor:
    """[B, R, …] and [B, S, …] to [B, R, S, …]: x[:, i] + y[:, j]."""
    return x.unsqueeze(2) + (x if y is None else y).unsqueeze(1)


def outer_diff(x: Tensor, y: Tensor | None = None) -> Tensor:
    """[B, R, …] and [B, S, …] to [B, R, S, …]: x[:, i] - y[:, j]."""
    return x.unsqueeze(2) - (x if y is None else y).unsqueeze(1)


def outer_product(x: Tensor, y: Tensor | None = None) -> Tensor:
    """[B, R, …] and [B, S, …] to [B, R, S, …]: x[:, i] * y[:, j]."""
    return x.unsqueeze(2) * (x if y is None else y).unsqueeze(1)


def reduce(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A reduction over all axes, one, or several."""

    def reduced(
        x: Tensor, dim: int | list[int] | tuple[int, ...] | None = None, keepdim: bool = False
    ) -> Tensor:
        axes = list(range(x.dim())) if dim is None else dim
        return function(x, dim=axes, keepdim=keepdim)

    return reduced


total = reduce(torch.sum)
largest = reduce(torch.amax)
smallest = reduce(torch.amin)


def mean(x: Tensor, dim: int | list[int] | tuple[int, ...] | None = None, keepdim: bool = False) -> Tensor:
    x = x if x.is_floating_point() else x.float()
    return x.mean() if dim is None and not keepdim else x.mean(dim=dim, keepdim=keepdim)


def var(x: Tensor, dim: int | list[int] | tuple[int, ...] | None = None, keepdim: bool = False) -> Tensor:
    """The biased variance."""
    return torch.var(x, dim=dim, correction=0, keepdim=keepdim)


def logsumexp(x: Tensor, dim: int | list[int] | tuple[int, ...] | None = -1, keepdim: bool = False) -> Tensor:
    return torch.logsumexp(x, dim=list(range(x.dim())) if dim is None else dim, keepdim=keepdim)


def flip(x: Tensor, dim: int) -> Tensor:
    return torch.flip(x, [dim])


def select(mask: Tensor, yes: Tensor | float, no: Tensor | float) -> Tensor:
    return torch.where(mask, yes, no)


def align(mask: Tensor, x: Tensor) -> Tensor:
    """The mask with axes added on the right until it has as many as x."""
    return mask.reshape(mask.shape + (1,) * (x.dim() - mask.dim()))


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """The mean of what the mask selects; nothing selected gives 0, with no gradient."""
    chosen = align(mask, x).expand(x.shape)
    return torch.where(chosen, x, torch.zeros_like(x)).sum() / chosen.sum().clamp(min=1)


def masked_target(mask: Tensor, target: Tensor, safe: Tensor) -> Tensor:
    """The target, with `safe` where the mask selects nothing, so that NaN there cannot spread."""
    if target.shape != safe.shape:
        safe = torch.zeros_like(target, dtype=safe.dtype)
    return torch.where(align(mask, target), target.to(safe.dtype), safe.detach())


def round_to_half(x: Tensor) -> Tensor:
    return x.half().to(x.dtype if x.is_floating_point() else torch.float32)


def to_float(x: Tensor) -> Tensor:
    return x.float()


def to_int(x: Tensor) -> Tensor:
    return x.long()


UNARY = (  # operations that torch has under the same name
    "sigmoid tanh exp log log2 log10 log1p expm1 sqrt rsqrt sin cos erf abs neg floor ceil round sign isnan"
).split()
OPERATIONS: dict[str, Callable[..., Tensor]] = {
    **{name: getattr(torch, name) for name in UNARY},
    **{name: getattr(functional, name) for name in ("softplus", "relu", "gelu", "silu", "elu", "leaky_relu")},
    "detach": torch.detach,
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "floordiv": floordiv,
    "mod": mod,
    "pow": operator.pow,
    **{name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    "logical_and": logical_and,
    "logical_or": logical_or,
    "logical_not": torch.logical_not,
    "maximum": maximum,
    "minimum": minimum,
    "clamp": clamp,
    "select": select,
    "full_like": torch.full_like,
    "round_to_half": round_to_half,
    "to_float": to_float,
    "to_int": to_int,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "cumsum": cumsum,
    "sum": total,
    "mean": mean,
    "var": var,
    "logsumexp": logsumexp,
    "max": largest,
    "min": smallest,
    "any": torch.any,
    "all": torch.all,
    "masked_mean": masked_mean,
    "masked_target": masked_target,
    "permute": Tensor.permute,
    "transpose": torch.transpose,
    "squeeze": torch.squeeze,
    "unsqueeze": torch.unsqueeze,
    "reshape": Tensor.reshape,
    "flatten": torch.flatten,
    "expand": Tensor.expand,
    "flip": flip,
    "getitem": operator.getitem,
    "concat": torch.concat,
    "stack": torch.stack,
    "outer_sum": outer_sum,
    "outer_diff": outer_diff,
    "outer_product": outer_product,
    "matmul": torch.matmul,
    "full": torch.full,
    "arange": arange,
    "eye": eye,
    "einsum": torch.einsum,
    "unflatten": torch.unflatten,
    **{name: getattr(torch, name) for name in ("argmax", "argmin", "argsort")},
    "sort": sort,
    "topk": topk,
    "argtopk": argtopk,
    "take": take,
    "gather": gather,
    "scatter_add": scatter_add,
    "one_hot": one_hot,
    "pad": pad,
    "roll": roll,
    "every": every,
    "unfold": unfold,
    "interpolate": interpolate,
    "fft": fft,
    "rfft": rfft,
    "irfft": irfft,
    "complex_product": complex_product,
    "normal_like": normal_like,
    "uniform_like": uniform_like,
    "bernoulli_like": bernoulli_like,
    "read": read,
}
MADE = frozenset({"full", "arange", "eye"})  # of no tensor, so that they are told their type and device
RANDOM = frozenset(DRAWS)  # told whether the model trains
METHODS = frozenset({"permute", "reshape", "expand"})  # written as methods, `x.permute(…)`
