"""Indexing: integers drop an axis, slices keep it, `...` skips axes, `none` adds one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from getdsl.compiler.graph.bounds import AtLeast, Need, most
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import SliceArgument
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations import dtypes, kept, reaching
from getdsl.compiler.operations.operand import Operand, Shape, ShapeError
from getdsl.compiler.operations.registry import operation
from getdsl.diagnostics.mistakes import indices as mistakes
from getdsl.diagnostics.mistakes import operands

WHOLE = SliceArgument(None, None)
Indexed = tuple[Operand, Dim | None]  # an index, and the axis that it is for


def indexed(x: TensorType, items: tuple[Operand, ...]) -> Shape:
    dims = []
    for item, side in _pairs(x, items):
        if side is None:
            dims.append(Dim.of(1))
        elif isinstance(item, SliceArgument):
            dims.append(_length(side, item))
        elif item is Ellipsis:
            dims.append(side)
        else:
            _check_index(side, item)
    return tuple(dims)


def places(x: TensorType, items: tuple[Operand, ...]) -> Iterator[Need]:
    """Indices and slices lie within their axes."""
    for item, side in _pairs(x, items):
        if side is None or item is Ellipsis:
            continue
        if isinstance(item, SliceArgument):
            yield from _within(side, item)
        elif isinstance(item, int | Dim):
            place, told = _from_the_front(side, Dim.of(item)), operands.index_of(item)
            yield AtLeast(place, 0, told, operands.PLACE)
            yield AtLeast(side - place, 1, told, operands.FROM_PLACE)


def _pairs(x: TensorType, items: tuple[Operand, ...]) -> Iterator[Indexed]:
    """Each index with its axis, the axes that `...`, `:` and the end skip with `...`; `none` adds one."""
    used = _used(x, items)
    sides = iter(x.shape)
    for item in items:
        if item is Ellipsis:
            yield from ((Ellipsis, side) for side in islice(sides, len(x.shape) - used))
        elif item == WHOLE:
            yield Ellipsis, next(sides)
        else:
            yield item, None if item is None else next(sides)
    yield from ((Ellipsis, side) for side in sides)


def _used(x: TensorType, items: tuple[Operand, ...]) -> int:
    """How many axes are named by an index of their own."""
    used = sum(item is not None and item is not Ellipsis for item in items)
    if used > len(x.shape):
        raise ShapeError(mistakes.too_many_indices(used, x.plain(), len(x.shape)))
    if sum(item is Ellipsis for item in items) > 1:
        raise ShapeError(mistakes.two_ellipses())
    return used


def _check_index(side: Dim, item: Operand) -> None:
    if isinstance(item, TensorType):
        raise ShapeError(_tensor_index(item))
    if isinstance(item, bool) or not isinstance(item, int | Dim):
        raise ShapeError(mistakes.not_an_index(item))
    number = Dim.of(item).value
    if side.value is not None and number is not None and not -side.value <= number < side.value:
        raise ShapeError(mistakes.index_out_of_range(number, side))


def _tensor_index(item: TensorType) -> operands.Misfit:
    """Why a tensor is no index here; one of integers, on its own, is `take`."""
    if item.dtype == "bool":
        return mistakes.index_is_a_mask(item.plain())
    return (
        mistakes.index_of_floats(item.plain()) if item.dtype == "float" else mistakes.index_beside_a_tensor()
    )


def _from_the_front(side: Dim, place: Dim) -> Dim:
    """A place that may be counted from the end, as -1 and `-R` are."""
    highest = most(place)
    return side + place if highest is not None and highest < 0 else place


def _bounds(side: Dim, item: SliceArgument) -> tuple[Dim, Dim]:
    """Where a slice begins and ends; what is beyond the axis for all sizes is its end, as in Python."""
    start, stop = (None if bound is None else _bound(bound) for bound in (item.start, item.stop))
    return _ends(side, start, stop)


@lru_cache(maxsize=2**14)  # asked for the length and for what it needs, and by the verifier
def _ends(side: Dim, start: Dim | None, stop: Dim | None) -> tuple[Dim, Dim]:
    first = Dim.of(0) if start is None else _from_the_front(side, start)
    last = side if stop is None else _from_the_front(side, stop)
    first = Dim.of(0) if _is_never_above(first, 0) else first
    return first, side if _is_never_above(side - last, 0) else last


def _is_never_above(dim: Dim, number: int) -> bool:
    highest = most(dim)
    return highest is not None and highest <= number


def _bound(bound: object) -> Dim:
    if isinstance(bound, bool) or not isinstance(bound, int | Dim):
        raise ShapeError(mistakes.not_a_bound())
    return Dim.of(bound)


def _length(side: Dim, item: SliceArgument) -> Dim:
    start, stop = _bounds(side, item)
    if side.value is not None and start.value is not None and stop.value is not None:
        begin = min(max(start.value, 0), side.value)
        return Dim.of(max(0, min(max(stop.value, 0), side.value) - begin))
    return Dim.of(0) if _is_empty(side, start, stop) else stop - start


@lru_cache(maxsize=2**14)  # asked for the length, and for what it needs
def _is_empty(side: Dim, start: Dim, stop: Dim) -> bool:
    """Whether a slice ends where it begins or before, or lies beside its axis, whatever the sizes are."""
    return any(_is_never_above(length, 0) for length in (stop - start, side - start, stop))


def _within(side: Dim, item: SliceArgument) -> Iterator[Need]:
    start, stop = _bounds(side, item)
    told = operands.slice_bounds(item.start, item.stop)
    for bound in (item.start, item.stop):
        if isinstance(bound, Dim) and _from_the_front(side, bound) == bound:
            yield AtLeast(bound, 0, told, operands.BOUND)  # one that is negative counts from the end
    if None in (side.value, start.value, stop.value) and not _is_empty(side, start, stop):
        yield AtLeast(start, 0, told, operands.BOUND)
        yield AtLeast(stop - start, 0, told, operands.LENGTH)
        yield AtLeast(side - stop, 0, told, operands.BEHIND)


operation(
    "getitem",
    "A part: an integer takes one of an axis, a slice several, `...` skips axes, `none` adds one.",
    "x[:, 1:, 0]",
    shape=indexed,
    dtype=dtypes.same,
    cost=kept.indexed_memory,
    needs=places,
    reach=reaching.indexed,
)
