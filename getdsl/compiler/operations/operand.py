"""What a rule is given: tensors as their types, all else as the constant that it is."""

from __future__ import annotations

from types import EllipsisType
from typing import Annotated, TypeAlias, get_args, get_origin

from getdsl.compiler.graph.bounds import AtLeast
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import SliceArgument
from getdsl.compiler.graph.types import DType, TensorType
from getdsl.diagnostics.mistakes import operands
from getdsl.diagnostics.mistakes.operands import Misfit

Shape: TypeAlias = tuple[Dim, ...]
Operand: TypeAlias = (
    "TensorType | Dim | SliceArgument | int | float | bool | str | EllipsisType | list[Operand] | "
    "tuple[Operand, ...] | None"
)

# what the signature of a rule says of an argument
Floats = Annotated[TensorType, "float"]
Numbers = Annotated[TensorType, "float", "int"]
Truth = Annotated[TensorType, "bool"]
Number: TypeAlias = int | float | Dim
Value: TypeAlias = Number | bool
Axes: TypeAlias = int | list[Operand] | tuple[Operand, ...] | None


class ShapeError(Exception):
    """Why the operands of an operation do not fit, in words of `diagnostics.mistakes.operands`."""

    @property
    def message(self) -> Misfit:
        found: Misfit | str = self.args[0]
        return Misfit(found) if isinstance(found, str) else found

    def __str__(self) -> str:
        return self.message.text


def axis(dim: Operand, rank: int, *, extra: int = 0) -> int:
    """A possibly negative axis as one counted from the front. Raises ShapeError where there is none such."""
    limit = rank + extra
    if isinstance(dim, bool) or not isinstance(dim, int):
        raise ShapeError(operands.axis_not_an_integer(dim))
    if not -limit <= dim < limit:
        raise ShapeError(operands.axis_out_of_range(dim, rank))
    return dim % limit


def room(side: Dim, amount: int | Dim, told: str) -> AtLeast:
    """The need that an axis is so wide."""
    number = Dim.of(amount).value
    if number is None:
        return AtLeast(side - amount, 0, told, operands.BESIDE)
    return AtLeast(side, number, told, operands.SIZE)


def is_unknown(value: Operand) -> bool:
    """Whether it is a batch value that nobody declares, which may hold numbers of any type."""
    return isinstance(value, TensorType) and value.dims is None and value.dtype == "float"


def kinds_of(annotation: object) -> dict[type, tuple[DType, ...]]:
    """The classes of values that an annotation names; a tensor's with the element types that it may have."""
    if get_origin(annotation) is Annotated:
        return {TensorType: annotation.__metadata__}  # type: ignore[attr-defined]
    if isinstance(annotation, type):
        return {annotation: ("float", "int", "bool") if annotation is TensorType else ()}
    origin = get_origin(annotation)
    if isinstance(origin, type) and origin in (list, tuple):
        return {origin: ()}
    return {kind: types for each in get_args(annotation) for kind, types in kinds_of(each).items()}


def is_of(value: Operand, kinds: dict[type, tuple[DType, ...]]) -> bool:
    """Whether a value is of one of these classes; true and false are numbers only where that is said."""
    return bool in kinds if isinstance(value, bool) else isinstance(value, tuple(kinds))
