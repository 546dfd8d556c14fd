"""Indexing: integers drop an axis, slices keep it, `...` skips axes, `none` adds one."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import SliceArgument
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations import dtypes, kept
from getdsl.compiler.operations.operand import Operand, Shape, ShapeError
from getdsl.compiler.operations.registry import operation
from getdsl.diagnostics.mistakes import operands


def indexed(x: TensorType, items: tuple[Operand, ...]) -> Shape:
    used = sum(item is not None and item is not Ellipsis for item in items)
    if used > len(x.shape):
        raise ShapeError(operands.too_many_indices(used, x.plain(), len(x.shape)))
    sides = iter(x.shape)
    dims: list[Dim] = []
    for item in items:
        dims.extend(_kept(item, sides, len(x.shape) - used))
    return (*dims, *sides)


def _kept(item: Operand, sides: Iterator[Dim], skipped: int) -> list[Dim]:
    """The axes that an index leaves of the next ones."""
    if item is Ellipsis:
        return [next(sides) for _ in range(skipped)]
    if item is None:
        return [Dim.of(1)]
    if isinstance(item, SliceArgument):
        return [_sliced(next(sides), item)]
    if isinstance(item, TensorType):
        raise ShapeError(operands.index_is_a_tensor())
    _check_index(next(sides), item)
    return []


def _check_index(side: Dim, item: Operand) -> None:
    if isinstance(item, bool) or not isinstance(item, int | Dim):
        raise ShapeError(operands.not_an_index(item))
    number = item.value if isinstance(item, Dim) else item
    if side.value is not None and number is not None and not -side.value <= number < side.value:
        raise ShapeError(operands.index_out_of_range(number, side))


def _sliced(side: Dim, item: SliceArgument) -> Dim:
    start = _bound(side, item.start, Dim.of(0))
    stop = _bound(side, item.stop, side)
    if side.value is not None and start.value is not None and stop.value is not None:
        begin = min(max(start.value, 0), side.value)
        return Dim.of(max(0, min(max(stop.value, 0), side.value) - begin))
    if start == 0 and stop == side:
        return side
    return stop - start


def _bound(side: Dim, bound: object, default: Dim) -> Dim:
    if bound is None:
        return default
    if isinstance(bound, bool) or not isinstance(bound, int | Dim):
        raise ShapeError(operands.not_a_bound())
    if isinstance(bound, int) and bound < 0:
        bound = side + bound
    return Dim.of(bound)


operation(
    "getitem",
    "A part: an integer takes one of an axis, a slice several, `...` skips axes, `none` adds one.",
    "x[:, 1:, 0]",
    shape=indexed,
    dtype=dtypes.same,
    cost=kept.indexed_memory,
)
