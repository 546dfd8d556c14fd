"""Operations that join tensors, pair them up, or make new ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from getdsl.compiler.graph.bounds import AtLeast, Need
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations import dtypes, kept, reaching
from getdsl.compiler.operations.elementwise import broadcast
from getdsl.compiler.operations.operand import Floats, Numbers, Operand, Shape, ShapeError, Value, axis
from getdsl.compiler.operations.registry import operation
from getdsl.compiler.operations.shaping import sides_of
from getdsl.diagnostics.mistakes import operands


def _list(tensors: Operand, name: str) -> list[TensorType]:
    """The tensors of a list. Raises ShapeError for anything else."""
    if not isinstance(tensors, list | tuple) or not tensors:
        raise ShapeError(operands.not_a_list_of_tensors(name))
    parts = [item for item in tensors if isinstance(item, TensorType)]
    if len(parts) != len(tensors):
        raise ShapeError(operands.list_with_other_things(name))
    return parts


def concatenated(tensors: Operand, dim: Operand = 0) -> Shape:
    first, *others = parts = _list(tensors, "concat")
    position = axis(dim, len(first.shape))
    for part in others:
        _check_part(first, part, dim, position, parts)
    length = Dim.of(0)
    for part in parts:
        length = length + part.shape[position]
    return (*first.shape[:position], length, *first.shape[position + 1 :])


def _check_part(
    first: TensorType, part: TensorType, dim: Operand, position: int, parts: Sequence[TensorType]
) -> None:
    """Raises ShapeError where one of the parts cannot follow the first along an axis."""
    if len(part.shape) != len(first.shape):
        raise ShapeError(operands.concat_of_ranks(first.plain(), part.plain()))
    for i, (one, other) in enumerate(zip(first.shape, part.shape, strict=True)):
        if i != position and one != other:
            plain, fits = (first.plain(), part.plain()), _fitting_axis(parts)
            raise ShapeError(operands.concat_of_sides(*plain, dim, one, other, i, fits))


def _fitting_axis(parts: Sequence[TensorType]) -> int | None:
    """The axis on which alone tensors of one rank differ."""
    shapes = [part.shape for part in parts]
    if len(set(map(len, shapes))) > 1:
        return None
    differing = [axis for axis, sides in enumerate(zip(*shapes, strict=True)) if len(set(sides)) > 1]
    return differing[0] if len(differing) == 1 else None


def stacked(tensors: Operand, dim: Operand = 0) -> Shape:
    parts = _list(tensors, "stack")
    for part in parts:
        if part.shape != parts[0].shape:
            raise ShapeError(operands.stack_of_shapes(parts[0].plain(), part.plain()))
    position = axis(dim, len(parts[0].shape), extra=1)
    sides = parts[0].shape
    return (*sides[:position], Dim.of(len(parts)), *sides[position:])


def pairs(x: TensorType, y: TensorType | None = None) -> Shape:
    """[b, i, …] and [b, j, …] to [b, i, j, …]; y is x where it is not given."""
    other = y if y is not None else x
    for item in (x, other):
        if len(item.shape) < 2:
            raise ShapeError(operands.pairs_without_axis(item.plain()))
    if len(x.shape) != len(other.shape) or x.shape[0] != other.shape[0] or x.shape[2:] != other.shape[2:]:
        raise ShapeError(operands.pairs_of_shapes(x.plain(), other.plain()))
    return (x.shape[0], x.shape[1], other.shape[1], *x.shape[2:])


def pairs_of_numbers(x: Numbers, y: Numbers | None = None) -> Shape:
    return pairs(x, y)


def multiplied(left: Floats, right: Floats) -> Shape:
    if len(left.shape) < 2 or len(right.shape) < 2 or left.shape[-1] != right.shape[-2]:
        raise ShapeError(operands.not_matrices(left.plain(), right.plain()))
    lead = broadcast(TensorType(left.shape[:-2]), TensorType(right.shape[:-2]))
    return (*lead, left.shape[-2], right.shape[-1])


def constant(shape: Operand, value: Value) -> Shape:
    if not isinstance(shape, list | tuple):
        raise ShapeError(operands.full_without_sides())
    return tuple(map(Dim.of, sides_of((shape,), open_side=False)))


def counted(start: int | Dim, stop: int | Dim | None = None, step: int = 1) -> Shape:
    """From 0 where only one number is given, as in Python."""
    if step < 1:
        raise ShapeError(operands.step_not_positive(step))
    return (-((_start(start, stop) - _stop(start, stop)) // step),)


def upwards(start: int | Dim, stop: int | Dim | None = None, step: int = 1) -> Iterator[Need]:
    yield AtLeast(_stop(start, stop) - _start(start, stop), 0, operands.RANGE, operands.LENGTH)


def _start(start: int | Dim, stop: int | Dim | None) -> Dim:
    return Dim.of(0 if stop is None else start)


def _stop(start: int | Dim, stop: int | Dim | None) -> Dim:
    return Dim.of(start if stop is None else stop)


def square(n: int | Dim, m: int | Dim | None = None) -> Shape:
    return Dim.of(n), Dim.of(n if m is None else m)


operation(
    "concat",
    "Tensors one behind the other along an axis.",
    "concat([x, y], dim = 2)",
    shape=concatenated,
    dtype=dtypes.of_the_list,
    cost=kept.nothing,
    reach=reaching.joined,
)
operation(
    "stack",
    "Tensors of one shape along an axis that is new.",
    "stack([x, y], dim = 1)",
    shape=stacked,
    dtype=dtypes.of_the_list,
    cost=kept.nothing,
    reach=reaching.stacked,
)
operation(
    "outer_sum",
    "x[b, i] + y[b, j] for all pairs i, j; y is x where it is left out.",
    "outer_sum(x)",
    shape=pairs,
    dtype=dtypes.promoted,
    cost=kept.nothing,
)
operation(
    "outer_diff",
    "x[b, i] - y[b, j] for all pairs i, j; y is x where it is left out.",
    "outer_diff(x, y)",
    shape=pairs_of_numbers,
    dtype=dtypes.promoted,
    cost=kept.nothing,
)
operation(
    "outer_product",
    "x[b, i] * y[b, j] for all pairs i, j; y is x where it is left out.",
    "outer_product(x)",
    shape=pairs,
    dtype=dtypes.promoted,
    cost=kept.each_for_the_other,
)
operation(
    "matmul",
    "The matrix product of the last two axes, of floats.",
    "matmul(x, transpose(y, 1, 2))",
    shape=multiplied,
    dtype=dtypes.promoted,
    cost=kept.matrix_product,
    reach=reaching.multiplied,
)
operation(
    "full",
    "A constant tensor; an integer value makes an integer tensor.",
    "full([B, R], 1)",
    shape=constant,
    dtype=dtypes.of_the_value,
    cost=kept.nothing,
    gradient=False,
)
operation(
    "arange",
    "The integers from 0 to `start`, or from `start` to `stop`, which is not among them.",
    "arange(2, R + 2)",
    shape=counted,
    dtype=dtypes.integer,
    cost=kept.nothing,
    needs=upwards,
    gradient=False,
)
operation(
    "eye",
    "A matrix of floats, 1 on the diagonal and else 0.",
    "eye(R)",
    shape=square,
    dtype=dtypes.floating,
    cost=kept.nothing,
    gradient=False,
)
