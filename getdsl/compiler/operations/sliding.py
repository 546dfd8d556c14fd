"""Operations that move along one axis: padding, shifting, thinning, windows, other lengths."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.compiler.graph.bounds import AtLeast, Need
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations import dtypes, kept, reaching
from getdsl.compiler.operations.operand import Floats, Number, Operand, Shape, ShapeError, axis, room
from getdsl.compiler.operations.registry import operation
from getdsl.diagnostics.mistakes import operands

MODES = ("nearest", "linear")


def padded(x: TensorType, before: int | Dim, after: int | Dim, dim: Operand = -1, value: Number = 0) -> Shape:
    position = axis(dim, len(x.shape))
    if x.dtype != "float" and isinstance(value, float):
        raise ShapeError(operands.pad_of_another_type(value))
    return (*x.shape[:position], x.shape[position] + before + after, *x.shape[position + 1 :])


def no_crop(
    x: TensorType, before: int | Dim, after: int | Dim, dim: Operand = -1, value: Number = 0
) -> Iterator[Need]:
    for amount in (before, after):
        yield AtLeast(Dim.of(amount), 0, operands.PADDING, operands.WIDTH)


def rolled(x: TensorType, shift: int | Dim, dim: Operand) -> Shape:
    axis(dim, len(x.shape))
    return x.shape


def thinned(x: TensorType, step: int, dim: Operand) -> Shape:
    position = axis(dim, len(x.shape))
    if step < 1:
        raise ShapeError(operands.step_not_positive(step))
    return (*x.shape[:position], (x.shape[position] + (step - 1)) // step, *x.shape[position + 1 :])


def windows(x: TensorType, size: int, step: int = 1, dim: Operand = 1) -> Shape:
    position = axis(dim, len(x.shape))
    if size < 1 or step < 1:
        raise ShapeError(operands.window_not_positive())
    count = (x.shape[position] - size) // step + 1
    return (*x.shape[:position], count, *x.shape[position + 1 :], Dim.of(size))


def one_window(x: TensorType, size: int, step: int = 1, dim: Operand = 1) -> Iterator[Need]:
    yield room(x.shape[axis(dim, len(x.shape))], size, operands.window_of(size))


def interpolated(x: Floats, size: int | Dim, dim: Operand = 1, mode: str = "linear") -> Shape:
    position = axis(dim, len(x.shape))
    if mode not in MODES:
        raise ShapeError(operands.no_mode(mode, MODES))
    return (*x.shape[:position], Dim.of(size), *x.shape[position + 1 :])


def something(x: Floats, size: int | Dim, dim: Operand = 1, mode: str = "linear") -> Iterator[Need]:
    position = axis(dim, len(x.shape))
    yield AtLeast(Dim.of(size), 1, operands.INTERPOLATED, operands.COUNT)
    yield AtLeast(x.shape[position], 1, operands.INTERPOLATED, operands.SIZE)


operation(
    "pad",
    "`before` and `after` values more at the ends of an axis, all of them `value`.",
    "pad(x, 2, 1, dim = 1)",
    shape=padded,
    dtype=dtypes.same,
    cost=kept.nothing,
    needs=no_crop,
    reach=reaching.along_an_axis,
)
operation(
    "roll",
    "An axis shifted to the right; what leaves it comes in at its beginning.",
    "roll(x, 1, dim = 1)",
    shape=rolled,
    dtype=dtypes.same,
    cost=kept.nothing,
    reach=reaching.along_an_axis,
)
operation(
    "every",
    "Each `step`-th position of an axis, from the first on; also `x[:, ::2]`.",
    "every(x, 2, dim = 1)",
    shape=thinned,
    dtype=dtypes.same,
    cost=kept.repeated_memory,
    reach=reaching.along_an_axis,
)
operation(
    "unfold",
    "All windows of a size along an axis, `step` apart, each as a last axis of its own.",
    "unfold(x, 3, dim = 1)",
    shape=windows,
    dtype=dtypes.same,
    cost=kept.repeated_memory,
    needs=one_window,
    reach=reaching.along_an_axis,
)
operation(
    "interpolate",
    "An axis of another length, whose values are the nearest ones or on lines between them, of floats.",
    "interpolate(x, 16, dim = 1)",
    shape=interpolated,
    dtype=dtypes.floating,
    cost=kept.nothing,
    needs=something,
    reach=reaching.along_an_axis,
)
