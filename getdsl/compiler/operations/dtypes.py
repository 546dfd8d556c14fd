"""Rules for the element type of a result, from the arguments by their names."""

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
    raise TypeError("the operands must be tensors or numbers")


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


def arithmetic(given: Mapping[str, Operand]) -> DType:
    """The largest of all operands, an integer at least."""
    dtype = promoted(given)
    return "int" if dtype == "bool" else dtype


def of_the_list(given: Mapping[str, Operand]) -> DType:
    """The largest of a list of tensors, the first argument."""
    tensors = next(iter(given.values()))
    assert isinstance(tensors, list | tuple)
    return _largest(tensors)


def of_the_choices(given: Mapping[str, Operand]) -> DType:
    """The largest of all operands but the first, which chooses among them."""
    _, *choices = given.values()
    return _largest(choices)


def of_the_value(given: Mapping[str, Operand]) -> DType:
    """The kind of the number `value`."""
    value = given["value"]
    if not isinstance(value, int | float | Dim):
        raise ShapeError(operands.full_of_no_number())
    return dtype_of(value)
