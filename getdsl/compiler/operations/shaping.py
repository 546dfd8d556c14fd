"""Operations that rearrange axes, and indexing."""

from __future__ import annotations

from typing import Any

from getdsl.compiler.graph.dimensions import Dim, total
from getdsl.compiler.graph.graph import SliceArgument
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations.registry import ShapeError, axis, operation


@operation("permute")
def permute(x: TensorType, *dims: int) -> TensorType:
    rank = len(x.shape)
    order = [axis(dim, rank) for dim in dims]
    if sorted(order) != list(range(rank)):
        raise ShapeError(
            f"`permute` of {x.plain()} must name each of its {rank} axes once, got "
            f"({', '.join(map(str, dims))})"
        )
    return TensorType(tuple(x.shape[i] for i in order), x.dtype)


@operation("transpose")
def transpose(x: TensorType, dim0: int, dim1: int) -> TensorType:
    first, second = axis(dim0, len(x.shape)), axis(dim1, len(x.shape))
    dims = list(x.shape)
    dims[first], dims[second] = dims[second], dims[first]
    return TensorType(tuple(dims), x.dtype)


@operation("squeeze")
def squeeze(x: TensorType, dim: int) -> TensorType:
    position = axis(dim, len(x.shape))
    if x.shape[position] != 1:
        raise ShapeError(f"`squeeze` of axis {dim} of {x.plain()}: it is {x.shape[position]} wide, not 1")
    return TensorType(x.shape[:position] + x.shape[position + 1 :], x.dtype)


@operation("unsqueeze")
def unsqueeze(x: TensorType, dim: int) -> TensorType:
    position = axis(dim, len(x.shape), extra=1)
    return TensorType((*x.shape[:position], Dim.of(1), *x.shape[position:]), x.dtype)


def _sides(shape: tuple[Any, ...]) -> list[Any]:
    sides = list(shape[0]) if len(shape) == 1 and isinstance(shape[0], list | tuple) else list(shape)
    for side in sides:
        if isinstance(side, bool) or not isinstance(side, int | Dim):
            raise ShapeError("a shape is made of integers and dimensions")
    return sides


@operation("reshape")
def reshape(x: TensorType, *shape: Any) -> TensorType:
    sides = _sides(shape)
    free = [i for i, side in enumerate(sides) if side == -1]
    if len(free) > 1:
        raise ShapeError("`reshape` can work out one axis (-1), not two")
    dims = [Dim.of(side) for side in sides]
    have = total(x.shape)
    if free:
        known = total(dim for i, dim in enumerate(dims) if i not in free)
        dims[free[0]] = _quotient(have, known, x)
    elif have != total(dims):
        raise ShapeError(
            f"cannot reshape {x.plain()}, {have} values, to {TensorType(tuple(dims))}, {total(dims)}"
        )
    return TensorType(tuple(dims), x.dtype)


def _quotient(have: Dim, known: Dim, x: TensorType) -> Dim:
    """What is left of `have` once `known` is divided out, factor by factor."""
    if len(known.terms) == 1:
        monomial, factor = known.terms[0]
        if all(number % factor == 0 for _, number in have.terms):
            terms = []
            for powers, number in have.terms:
                rest = dict(powers)
                for atom, power in monomial:
                    rest[atom] = rest.get(atom, 0) - power
                if any(power < 0 for power in rest.values()):
                    break
                terms.append((tuple((a, p) for a, p in rest.items() if p), number // factor))
            else:
                return Dim(tuple(terms))
    if have.value is not None and known.value is not None:
        raise ShapeError(f"cannot reshape {x.plain()}: {have} values do not divide by {known}")
    return have // known


@operation("flatten")
def flatten(x: TensorType, start_dim: int = 0, end_dim: int = -1) -> TensorType:
    first, last = axis(start_dim, len(x.shape)), axis(end_dim, len(x.shape))
    if first > last:
        raise ShapeError("`flatten` ends before it starts")
    return TensorType((*x.shape[:first], total(x.shape[first : last + 1]), *x.shape[last + 1 :]), x.dtype)


@operation("expand")
def expand(x: TensorType, *shape: Any) -> TensorType:
    sides = _sides(shape)
    if len(sides) < len(x.shape):
        raise ShapeError(f"`expand` cannot take axes away from {x.plain()}")
    offset = len(sides) - len(x.shape)
    dims = []
    for position, side in enumerate(sides):
        old = x.shape[position - offset] if position >= offset else Dim.of(1)
        if side == -1:
            dims.append(old)
        elif old != 1 and old != Dim.of(side):
            raise ShapeError(f"cannot expand axis {position} of {x.plain()} from {old} to {side}")
        else:
            dims.append(Dim.of(side))
    return TensorType(tuple(dims), x.dtype)


@operation("flip")
def flip(x: TensorType, dim: int) -> TensorType:
    axis(dim, len(x.shape))
    return x.plain()


@operation("getitem")
def getitem(x: TensorType, items: tuple[Any, ...]) -> TensorType:
    """Indexing: integers drop an axis, slices keep it, `...` skips axes, `none` adds one."""
    used = len([item for item in items if item is not None and item is not Ellipsis])
    if used > len(x.shape):
        raise ShapeError(f"{used} indices for {x.plain()}, which has {len(x.shape)} axes")
    dims: list[Dim] = []
    position = 0
    for item in items:
        if item is Ellipsis:
            skip = len(x.shape) - used
            dims.extend(x.shape[position : position + skip])
            position += skip
        elif item is None:
            dims.append(Dim.of(1))
        elif isinstance(item, SliceArgument):
            dims.append(_sliced(x.shape[position], item))
            position += 1
        elif isinstance(item, TensorType):
            raise ShapeError("an index is an integer or a slice; use `select` for masks")
        else:
            _check_index(x.shape[position], item)
            position += 1
    return TensorType((*dims, *x.shape[position:]), x.dtype)


def _check_index(side: Dim, item: Any) -> None:
    if isinstance(item, bool) or not isinstance(item, int | Dim):
        raise ShapeError(f"an index is an integer or a slice, not {item}")
    number = item.value if isinstance(item, Dim) else item
    if side.value is not None and number is not None and not -side.value <= number < side.value:
        raise ShapeError(f"index {number} is out of range for an axis of {side}")


def _bound(side: Dim, bound: Any, default: Dim) -> Dim:
    if bound is None:
        return default
    if isinstance(bound, bool) or not isinstance(bound, int | Dim):
        raise ShapeError("a slice's bounds are integers or dimensions")
    if isinstance(bound, int) and bound < 0:
        bound = side + bound
    return Dim.of(bound)


def _sliced(side: Dim, item: SliceArgument) -> Dim:
    start = _bound(side, item.start, Dim.of(0))
    stop = _bound(side, item.stop, side)
    if side.value is not None and start.value is not None and stop.value is not None:
        begin = min(max(start.value, 0), side.value)
        return Dim.of(max(0, min(max(stop.value, 0), side.value) - begin))
    if start == 0 and stop == side:
        return side
    return stop - start
