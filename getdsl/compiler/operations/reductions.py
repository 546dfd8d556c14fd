"""Operations that reduce axes."""

from __future__ import annotations

from typing import Any

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import DType, TensorType
from getdsl.compiler.operations.elementwise import broadcast
from getdsl.compiler.operations.registry import ShapeError, axis, operation


def _reduced(x: TensorType, dim: Any, keepdim: bool, dtype: DType) -> TensorType:
    rank = len(x.shape)
    chosen = range(rank) if dim is None else dim if isinstance(dim, list | tuple) else [dim]
    axes = {axis(item, rank) for item in chosen}
    if keepdim:
        return TensorType(tuple(Dim.of(1) if i in axes else side for i, side in enumerate(x.shape)), dtype)
    return TensorType(tuple(side for i, side in enumerate(x.shape) if i not in axes), dtype)


@operation("sum")
def sum(x: TensorType, dim: Any = None, keepdim: bool = False) -> TensorType:
    return _reduced(x, dim, keepdim, "int" if x.dtype == "bool" else x.dtype)


@operation("mean")
def mean(x: TensorType, dim: Any = None, keepdim: bool = False) -> TensorType:
    return _reduced(x, dim, keepdim, "float")


@operation("var")
def var(x: TensorType, dim: Any = None, keepdim: bool = False) -> TensorType:
    """The biased variance."""
    return _reduced(x, dim, keepdim, "float")


@operation("logsumexp")
def logsumexp(x: TensorType, dim: Any = -1, keepdim: bool = False) -> TensorType:
    return _reduced(x, dim, keepdim, "float")


def _extreme(x: TensorType, dim: Any = None, keepdim: bool = False) -> TensorType:
    return _reduced(x, dim, keepdim, x.dtype)


operation("max")(_extreme)
operation("min")(_extreme)


def _logical(x: TensorType, dim: Any = None, keepdim: bool = False) -> TensorType:
    return _reduced(x, dim, keepdim, "bool")


operation("any")(_logical)
operation("all")(_logical)


@operation("masked_mean")
def masked_mean(x: TensorType, mask: TensorType) -> TensorType:
    """The mean of what the mask selects, or 0. Axes that the mask lacks go on the right."""
    broadcast(x, aligned(mask, x))
    return TensorType((), "float")


@operation("masked_target")
def masked_target(mask: TensorType, target: TensorType, safe: TensorType) -> TensorType:
    """The target, with `safe` where the mask selects nothing, so that NaN there cannot spread."""
    broadcast(target, aligned(mask, target))
    return TensorType(target.shape, "float")


def aligned(mask: TensorType, x: TensorType) -> TensorType:
    """The mask with axes added on the right. Raises ShapeError where it has more than `x`."""
    missing = len(x.shape) - len(mask.shape)
    if missing < 0:
        raise ShapeError(f"the mask {mask.plain()} has more axes than {x.plain()}, which it masks")
    return TensorType((*mask.shape, *([Dim.of(1)] * missing)), mask.dtype)
