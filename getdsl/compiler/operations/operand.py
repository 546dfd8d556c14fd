"""What a rule is given: tensors as their types, all else as the constant that it is."""

from __future__ import annotations

from types import EllipsisType
from typing import TypeAlias

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import SliceArgument
from getdsl.compiler.graph.types import TensorType
from getdsl.diagnostics.mistakes import operands

Shape: TypeAlias = tuple[Dim, ...]
Operand: TypeAlias = (
    "TensorType | Dim | SliceArgument | int | float | bool | str | EllipsisType | list[Operand] | "
    "tuple[Operand, ...] | None"
)


class ShapeError(Exception):
    """Why the operands of an operation do not fit, in words of `diagnostics.mistakes.operands`."""

    @property
    def message(self) -> str:
        return str(self.args[0])


def axis(dim: Operand, rank: int, *, extra: int = 0) -> int:
    """A possibly negative axis as one counted from the front. Raises ShapeError where there is none such."""
    limit = rank + extra
    if isinstance(dim, bool) or not isinstance(dim, int):
        raise ShapeError(operands.axis_not_an_integer(dim))
    if not -limit <= dim < limit:
        raise ShapeError(operands.axis_out_of_range(dim, rank))
    return dim % limit
