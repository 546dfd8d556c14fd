"""Operations that join tensors, pair them up, or make new ones."""

from __future__ import annotations

from typing import Any

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations.elementwise import broadcast, promote
from getdsl.compiler.operations.registry import ShapeError, axis, operation
from getdsl.compiler.operations.shaping import _sides


def _list(tensors: Any, name: str) -> list[TensorType]:
    if not isinstance(tensors, list | tuple) or not tensors:
        raise ShapeError(f"`{name}` takes a list of tensors, `[a, b]`")
    if not all(isinstance(item, TensorType) for item in tensors):
        raise ShapeError(f"`{name}` takes a list of tensors; something else is in it")
    return list(tensors)


@operation("concat")
def concat(tensors: Any, dim: int = 0) -> TensorType:
    parts = _list(tensors, "concat")
    rank = len(parts[0].shape)
    position = axis(dim, rank)
    length = Dim.of(0)
    for part in parts:
        if len(part.shape) != rank:
            raise ShapeError(f"cannot concat {parts[0].plain()} with {part.plain()}: their ranks differ")
        for i in range(rank):
            if i != position and part.shape[i] != parts[0].shape[i]:
                raise ShapeError(
                    f"cannot concat {parts[0].plain()} with {part.plain()} along axis {dim}: "
                    f"{parts[0].shape[i]} and {part.shape[i]} differ on axis {i}"
                )
        length = length + part.shape[position]
    dims = list(parts[0].shape)
    dims[position] = length
    return TensorType(tuple(dims), promote(*parts))


@operation("stack")
def stack(tensors: Any, dim: int = 0) -> TensorType:
    parts = _list(tensors, "stack")
    for part in parts:
        if part.shape != parts[0].shape:
            raise ShapeError(f"cannot stack {parts[0].plain()} with {part.plain()}")
    position = axis(dim, len(parts[0].shape), extra=1)
    dims = parts[0].shape
    return TensorType((*dims[:position], Dim.of(len(parts)), *dims[position:]), promote(*parts))


def _pairs(x: TensorType, y: TensorType | None = None) -> TensorType:
    """out[b, i, j, …] from x[b, i, …] and y[b, j, …]; y is x where it is not given."""
    other = y if y is not None else x
    for item in (x, other):
        if len(item.shape) < 2:
            raise ShapeError(f"pairs are made along axis 1, and {item.plain()} has none")
    if len(x.shape) != len(other.shape) or x.shape[0] != other.shape[0] or x.shape[2:] != other.shape[2:]:
        raise ShapeError(f"cannot pair {x.plain()} with {other.plain()}")
    return TensorType((x.shape[0], x.shape[1], other.shape[1], *x.shape[2:]), promote(x, other))


for _name in ("outer_sum", "outer_diff", "outer_product"):
    operation(_name)(_pairs)


@operation("matmul")
def matmul(left: TensorType, right: TensorType) -> TensorType:
    if len(left.shape) < 2 or len(right.shape) < 2 or left.shape[-1] != right.shape[-2]:
        raise ShapeError(f"cannot multiply {left.plain()} by {right.plain()} as matrices")
    lead = broadcast(TensorType(left.shape[:-2]), TensorType(right.shape[:-2]))
    return TensorType((*lead, left.shape[-2], right.shape[-1]), promote(left, right))


@operation("full")
def full(shape: Any, value: Any) -> TensorType:
    """A constant tensor; an integer value makes an integer tensor."""
    if not isinstance(shape, list | tuple):
        raise ShapeError("`full` takes a list of sides first: `full([B, R], 1)`")
    sides = tuple(Dim.of(side) for side in _sides((shape,)))
    if isinstance(value, bool):
        return TensorType(sides, "bool")
    if not isinstance(value, int | float | Dim):
        raise ShapeError("`full` takes a number")
    return TensorType(sides, "float" if isinstance(value, float) else "int")
