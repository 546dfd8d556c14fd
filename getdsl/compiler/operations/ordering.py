"""Operations that sort an axis, or say where on it something stands."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.compiler.graph.bounds import AtLeast, Need
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations import dtypes, kept, reaching
from getdsl.compiler.operations.operand import Numbers, Operand, Shape, axis, room
from getdsl.compiler.operations.registry import operation
from getdsl.diagnostics.mistakes import operands


def sorted_along(x: TensorType, dim: Operand = -1, descending: bool = False) -> Shape:
    axis(dim, len(x.shape))
    return x.shape


def best(x: Numbers, k: int | Dim, dim: Operand = -1) -> Shape:
    position = axis(dim, len(x.shape))
    return (*x.shape[:position], Dim.of(k), *x.shape[position + 1 :])


def enough(x: Numbers, k: int | Dim, dim: Operand = -1) -> Iterator[Need]:
    side, told = x.shape[axis(dim, len(x.shape))], operands.largest_of_axis(k)
    yield AtLeast(Dim.of(k), 0, told, operands.COUNT)
    yield room(side, k, told)


def at_most_one(x: Numbers, dim: int, keepdim: bool = False) -> Shape:
    position = axis(dim, len(x.shape))
    one = (Dim.of(1),) if keepdim else ()
    return (*x.shape[:position], *one, *x.shape[position + 1 :])


def values_to_compare(x: Numbers, dim: int, keepdim: bool = False) -> Iterator[Need]:
    position = axis(dim, len(x.shape))
    yield AtLeast(x.shape[position], 1, operands.compared_axis(position), operands.SIZE)


operation(
    "sort",
    "The values in order along an axis, the smallest first.",
    "sort(x, dim = 1, descending = true)",
    shape=sorted_along,
    dtype=dtypes.same,
    cost=kept.places,
    reach=reaching.along_an_axis,
)
operation(
    "argsort",
    "The places of the values that `sort` puts in order.",
    "argsort(x, dim = 1)",
    shape=sorted_along,
    dtype=dtypes.integer,
    cost=kept.nothing,
    gradient=False,
    reach=reaching.along_an_axis,
)
operation(
    "topk",
    "The k largest values along an axis, the largest first.",
    "topk(x, 2, dim = -1)",
    shape=best,
    dtype=dtypes.same,
    cost=kept.places,
    needs=enough,
    reach=reaching.along_an_axis,
)
operation(
    "argtopk",
    "The places of the values that `topk` returns.",
    "argtopk(x, 2, dim = -1)",
    shape=best,
    dtype=dtypes.integer,
    cost=kept.nothing,
    needs=enough,
    gradient=False,
    reach=reaching.along_an_axis,
)
for _name, _word in (("argmax", "largest"), ("argmin", "smallest")):
    operation(
        _name,
        f"The place of the {_word} value along an axis; one of them, where several are.",
        f"{_name}(x, dim = 1)",
        shape=at_most_one,
        dtype=dtypes.integer,
        cost=kept.nothing,
        needs=values_to_compare,
        gradient=False,
        reach=reaching.over_axes,
    )
