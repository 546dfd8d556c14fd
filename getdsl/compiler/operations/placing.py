"""Operations by numbers of places: rows of tables, sums by group, one-hot vectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, TypeAlias

from getdsl.compiler.graph.bounds import AtLeast, Need
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations import dtypes, kept
from getdsl.compiler.operations.operand import Operand, Shape, ShapeError, axis
from getdsl.compiler.operations.registry import operation
from getdsl.diagnostics.mistakes import operands

Places: TypeAlias = Annotated[TensorType, "int"]


def taken(x: TensorType, index: Places, dim: Operand = 0) -> Shape:
    position = axis(dim, len(x.shape))
    return (*x.shape[:position], *index.shape, *x.shape[position + 1 :])


def gathered(x: TensorType, index: Places, dim: Operand = -1) -> Shape:
    axis(dim, len(x.shape))
    if len(index.shape) != len(x.shape):
        raise ShapeError(operands.index_of_another_rank(index.plain(), x.plain()))
    return index.shape


def within(x: TensorType, index: Places, dim: Operand = -1) -> Iterator[Need]:
    """The places lie beside those of x on all axes but one."""
    position = axis(dim, len(x.shape))
    for number, (side, limit) in enumerate(zip(index.shape, x.shape, strict=True)):
        if number != position:
            yield AtLeast(limit - side, 0, operands.places_beside(number), operands.BESIDE)


def scattered(x: TensorType, index: Places, source: TensorType, dim: Operand = -1) -> Shape:
    gathered(x, index, dim)
    if source.dtype != x.dtype:
        raise ShapeError(operands.scatter_of_another_type(source.plain(), x.plain()))
    if source.shape != index.shape:
        raise ShapeError(operands.scatter_of_another_shape(source.plain(), index.plain()))
    return x.shape


def scattered_within(x: TensorType, index: Places, source: TensorType, dim: Operand = -1) -> Iterator[Need]:
    return within(x, index, dim)


def one_hot(x: Places, classes: int | Dim) -> Shape:
    return (*x.shape, Dim.of(classes))


def some_classes(x: Places, classes: int | Dim) -> Iterator[Need]:
    yield AtLeast(Dim.of(classes), 1, operands.CLASSES, operands.THEIR_NUMBER)


operation(
    "take",
    "The rows of x, or of another axis, that stand at the places of `index`; also `x[ids]`, `x[:, ids]`.",
    "take(x, ids, dim = 1)",
    shape=taken,
    dtype=dtypes.same,
    cost=kept.the_second,
    constant=("index",),
)
operation(
    "gather",
    "For each place of `index` the value there along an axis, all else being equal.",
    "gather(x, argsort(x, dim = 1), dim = 1)",
    shape=gathered,
    dtype=dtypes.same,
    cost=kept.the_second,
    constant=("index",),
    needs=within,
)
operation(
    "scatter_add",
    "x with each value of `source` added at the place that `index` says along an axis.",
    "scatter_add(x, argsort(y, dim = 1), y, dim = 1)",
    shape=scattered,
    dtype=dtypes.same,
    cost=kept.the_second,
    constant=("index",),
    needs=scattered_within,
)
operation(
    "one_hot",
    "A last axis of so many floats, 1 at the place that the integer says, and all 0 where it is none.",
    "one_hot(ids, 4)",
    shape=one_hot,
    dtype=dtypes.floating,
    cost=kept.nothing,
    needs=some_classes,
    gradient=False,
)
