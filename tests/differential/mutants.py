"""Rows of the table made wrong, one at a time: the programs must find each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations import OPERATIONS, dtypes, elementwise, indexing
from getdsl.compiler.operations.operand import Axes, Operand, Shape, Value
from getdsl.compiler.operations.registry import nothing


def any_softmax(x: TensorType, dim: Operand = -1) -> Shape:
    return x.shape


def any_mask(mask: TensorType, yes: TensorType | Value, no: TensorType | Value) -> Shape:
    return SELECTED(mask, yes, no)


def axes_twice(x: TensorType, dim: Axes = None, keepdim: bool = False) -> Shape:
    """A sum whose axes may be named twice."""
    listed = list(dict.fromkeys(item % len(x.shape) for item in dim)) if isinstance(dim, list) else dim  # type: ignore[operator]
    return SUM(x, listed, keepdim)


def first_length(tensors: Operand, dim: Operand = 0) -> Shape:
    """Tensors one behind the other, as long as the first."""
    shape = list(CONCAT(tensors, dim))
    if isinstance(tensors, list) and isinstance(dim, int) and isinstance(tensors[0], TensorType):
        shape[dim] = tensors[0].shape[dim]
    return tuple(shape)


def ragged_slices(x: TensorType, items: tuple[Operand, ...]) -> Shape:
    """Slices that end where they are told to, beyond their axis too."""
    shape = list(INDEXED(x, items))
    return tuple(side if side.value is None else side + (side.value == 3) for side in shape)


SUM: Callable[..., Shape] = OPERATIONS["sum"].shape
CONCAT: Callable[..., Shape] = OPERATIONS["concat"].shape
INDEXED: Callable[..., Shape] = indexing.indexed
SELECTED: Callable[..., Shape] = OPERATIONS["select"].shape

MUTANTS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {  # by operation, what is changed in its row
    "relu takes masks": {"relu": {"shape": elementwise.of_one}},
    "softmax takes integers": {"softmax": {"shape": any_softmax}},
    "select is chosen by numbers": {"select": {"shape": any_mask}},
    "masks are subtracted": {"sub": {"shape": elementwise.of_two}},
    "the sum of a mask is a mask": {"sum": {"dtype": dtypes.same}},
    "a clamp keeps the element type": {"clamp": {"dtype": dtypes.same}},
    "a quotient of integers is an integer": {"truediv": {"dtype": dtypes.promoted}},
    "// has a gradient": {"floordiv": {"gradient": True}},
    "axes may be named twice": {"sum": {"shape": axes_twice}},
    "concat is as long as its first": {"concat": {"shape": first_length}},
    "slices need nothing of sizes": {"getitem": {"needs": nothing}},
    "a part of three is of four": {"getitem": {"shape": ragged_slices}},
    "a reshape divides whatever there is": {"reshape": {"needs": nothing}},
    "nothing has a largest value": {"max": {"needs": nothing}},
}


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """The table with a mutant in it."""
    before = dict(OPERATIONS)
    for operation, changes in MUTANTS[name].items():
        OPERATIONS[operation] = replace(before[operation], **changes)
    try:
        yield
    finally:
        OPERATIONS.update(before)
