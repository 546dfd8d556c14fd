"""Rules for the element type of a result, from the arguments by their names, as PyTorch has them.

Which element types an operand may have at all stands in the signature of the operation's shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import DType, TensorType
from getdsl.compiler.operations.operand import Operand, ShapeError
from getdsl.diagnostics.mistakes import operands

DTypeRule: TypeAlias = Callable[[Mapping[str, Operand]], DType]
ORDER: dict[DType, int] = {"bool": 0, "int": 1, "float": 2}


def dtype_of(value: Operand) -> DType:
    """That of a tensor, or the kind of a number. Raises TypeError for anything else."""
    if isinstance(value, TensorType):
        return value.dtype
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | Dim):
        return "int"
    if isinstance(value, float):
        return "float"
    raise TypeError(operands.no_operand())


def _largest(values: Iterable[Operand]) -> DType:
    return max(map(dtype_of, values), key=ORDER.__getitem__)


def floating(given: Mapping[str, Operand]) -> DType:
    return "float"


def integer(given: Mapping[str, Operand]) -> DType:
    return "int"


def boolean(given: Mapping[str, Operand]) -> DType:
    return "bool"


def same(given: Mapping[str, Operand]) -> DType:
    """That of the first argument."""
    return dtype_of(next(iter(given.values())))


def counted(given: Mapping[str, Operand]) -> DType:
    """That of the first argument, where true and false count as 1 and 0."""
    dtype = same(given)
    return "int" if dtype == "bool" else dtype


def promoted(given: Mapping[str, Operand]) -> DType:
    """The largest of all operands: bool < int < float."""
    return _largest(value for value in given.values() if value is not None)


def _of_a_number(name: str, given: Mapping[str, Operand]) -> DType:
    dtype = promoted(given)
    if dtype == "bool":
        raise ShapeError(operands.masks_alone(name))
    return dtype


def bounded(given: Mapping[str, Operand]) -> DType:
    """The largest of all operands, of which one is a number."""
    return _of_a_number("clamp", given)


def divided(name: str) -> DTypeRule:
    """The larger of two operands, of which one is a number; the divisor of integers is not 0."""

    def rule(given: Mapping[str, Operand]) -> DType:
        dtype = _of_a_number(name, given)
        if dtype == "int" and not isinstance(given["right"], TensorType) and given["right"] == 0:
            raise ShapeError(operands.divided_by_zero())
        return dtype

    return rule


def powered(given: Mapping[str, Operand]) -> DType:
    """The larger of two operands; integers have no negative powers."""
    dtype = promoted(given)
    exponent = given["right"]
    if dtype == "int" and isinstance(exponent, int) and exponent < 0:
        raise ShapeError(operands.negative_power(exponent))
    return dtype


def of_the_list(given: Mapping[str, Operand]) -> DType:
    """The largest of a list of tensors, the first argument."""
    listed = next(iter(given.values()))
    tensors = (
        [item for item in listed if isinstance(item, TensorType)] if isinstance(listed, list | tuple) else []
    )
    if not tensors:
        raise TypeError(operands.no_tensor())
    return _largest(tensors)


def of_the_choices(given: Mapping[str, Operand]) -> DType:
    """The largest of all operands but the first, which chooses among them."""
    _, *choices = given.values()
    return _largest(choices)


def of_the_last(given: Mapping[str, Operand]) -> DType:
    """That of the last argument."""
    *_, last = given.values()
    return dtype_of(last)


def of_the_value(given: Mapping[str, Operand]) -> DType:
    """The kind of the number `value`."""
    return dtype_of(given["value"])
