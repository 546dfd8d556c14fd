"""Operations that reduce axes."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.compiler.graph.bounds import AtLeast, Need
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations import dtypes, kept, reaching
from getdsl.compiler.operations.elementwise import broadcast
from getdsl.compiler.operations.operand import Axes, Floats, Operand, Shape, ShapeError, Truth, axis
from getdsl.compiler.operations.registry import operation
from getdsl.diagnostics.mistakes import operands


def reduced(rank: int, dim: Operand) -> list[int]:
    """The axes that `dim` names, counted from the front; all where it is none. Raises ShapeError."""
    if dim is None:
        return list(range(rank))
    if not isinstance(dim, list | tuple):
        return [axis(dim, rank)]
    if not dim:
        raise ShapeError(operands.no_axes())
    axes: list[int] = []
    for item in dim:
        position = axis(item, rank)
        if position in axes:
            raise ShapeError(operands.repeated_axis(item))
        axes.append(position)
    return axes


def over_all(x: TensorType, dim: Axes = None, keepdim: bool = False) -> Shape:
    """Without one or several axes, or without any where none is named."""
    axes = reduced(len(x.shape), dim)
    if keepdim:
        return tuple(Dim.of(1) if i in axes else side for i, side in enumerate(x.shape))
    return tuple(side for i, side in enumerate(x.shape) if i not in axes)


def of_floats(x: Floats, dim: Axes = None, keepdim: bool = False) -> Shape:
    return over_all(x, dim, keepdim)


def over_the_last(x: TensorType, dim: Axes = -1, keepdim: bool = False) -> Shape:
    return over_all(x, dim, keepdim)


def values_to_compare(x: TensorType, dim: Axes = None, keepdim: bool = False) -> Iterator[Need]:
    """There is no largest value of an empty axis."""
    for position in reduced(len(x.shape), dim):
        yield AtLeast(x.shape[position], 1, operands.compared_axis(position), "its size")


def masked(x: TensorType, mask: Truth) -> Shape:
    _check_mask(mask, x)
    return ()


def of_the_target(mask: Truth, target: TensorType, safe: TensorType) -> Shape:
    _check_mask(mask, target)
    return target.shape


def _check_mask(mask: TensorType, x: TensorType) -> None:
    """Raises ShapeError where a mask does not select among the values of `x`."""
    if broadcast(x, aligned(mask, x)) != x.shape:
        raise ShapeError(operands.mask_that_is_wider(mask.plain(), x.plain()))


def aligned(mask: TensorType, x: TensorType) -> TensorType:
    """The mask with axes added on the right. Raises ShapeError where it has more than `x`."""
    missing = len(x.shape) - len(mask.shape)
    if missing < 0:
        raise ShapeError(operands.mask_with_more_axes(mask.plain(), x.plain()))
    return TensorType((*mask.shape, *([Dim.of(1)] * missing)), mask.dtype)


operation(
    "sum",
    "The sum over all axes, or over those of `dim`.",
    "sum(x, dim = 1)",
    shape=over_all,
    dtype=dtypes.counted,
    cost=kept.nothing,
    reach=reaching.over_axes,
)
operation(
    "mean",
    "The mean over all axes, or over those of `dim`.",
    "mean(x, dim = [1, 2])",
    shape=over_all,
    dtype=dtypes.floating,
    cost=kept.nothing,
    reach=reaching.over_axes,
)
operation(
    "var",
    "The biased variance over all axes, or over those of `dim`, of floats.",
    "var(x, dim = 1, keepdim = true)",
    shape=of_floats,
    dtype=dtypes.floating,
    cost=kept.the_operand,
    reach=reaching.over_axes,
)
operation(
    "logsumexp",
    "The logarithm of the sum of e^x.",
    "logsumexp(x, dim = 2)",
    shape=over_the_last,
    dtype=dtypes.floating,
    cost=kept.operand_and_result,
    reach=reaching.over_axes,
)
operation(
    "max",
    "The largest value over all axes, or over those of `dim`.",
    "max(x, dim = 1)",
    shape=over_all,
    dtype=dtypes.same,
    cost=kept.operand_and_result,
    needs=values_to_compare,
    reach=reaching.over_axes,
)
operation(
    "min",
    "The smallest value over all axes, or over those of `dim`.",
    "min(x, dim = 1)",
    shape=over_all,
    dtype=dtypes.same,
    cost=kept.operand_and_result,
    needs=values_to_compare,
    reach=reaching.over_axes,
)
operation(
    "any",
    "Whether one of them holds, over all axes or those of `dim`.",
    "any(mask, dim = 1)",
    shape=over_all,
    dtype=dtypes.boolean,
    cost=kept.nothing,
    gradient=False,
    reach=reaching.over_axes,
)
operation(
    "all",
    "Whether all of them hold, over all axes or those of `dim`.",
    "all(mask, dim = 1)",
    shape=over_all,
    dtype=dtypes.boolean,
    cost=kept.nothing,
    gradient=False,
    reach=reaching.over_axes,
)
operation(
    "masked_mean",
    "The mean of what the mask selects, or 0. Axes that the mask lacks go on the right.",
    "masked_mean(x, mask)",
    shape=masked,
    dtype=dtypes.floating,
    cost=kept.the_mask,
)
operation(
    "masked_target",
    "The target, with `safe` where the mask selects nothing, so that NaN there cannot spread.",
    "masked_target(mask, x, y)",
    shape=of_the_target,
    dtype=dtypes.of_the_last,
    cost=kept.the_operand,
    constant=("mask", "safe"),
)
