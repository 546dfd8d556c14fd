"""The table of tensor operations: a row says all that the front half knows of one.

Its torch half stands under the same name in `compiler.lower.operations`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from getdsl.compiler.graph.types import UNKNOWN, DType, TensorType
from getdsl.compiler.operations.dtypes import DTypeRule
from getdsl.compiler.operations.operand import Operand, Shape, ShapeError
from getdsl.compiler.work import Rule, Step, Work


@dataclass(frozen=True)
class Operation:
    """An operation of the language.

    `shape` is a function over types, whose signature is the call's: tensors arrive as `TensorType`, all else
    as the constant that it is; it raises ShapeError where the operands do not fit. `dtype` gives the
    result's element type. With `gradient` a result of floats sends a gradient to its operands, but for the
    first where that is `chosen_by`, a mask. In the example x and y are [B, R, 8], mask is bool[B, R].
    """

    name: str
    doc: str
    example: str
    shape: Callable[..., Shape]
    dtype: DTypeRule
    cost: Callable[[Step], Work]
    gradient: bool = True
    chosen_by: str | None = None

    @cached_property
    def signature(self) -> inspect.Signature:
        return inspect.signature(self.shape, eval_str=True)

    @cached_property
    def rule(self) -> Rule:
        return Rule(self.cost, self._unreached)

    def _unreached(self, step: Step, output: str) -> Collection[str]:
        if not self.gradient:
            return step.operands.keys()
        return ("0",) if self.chosen_by is not None else ()

    def usage(self) -> str:
        """The call as a user would write it."""
        shown = []
        for parameter in self.signature.parameters.values():
            star = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
            default = "" if parameter.default is parameter.empty else f" = {_get_text(parameter.default)}"
            shown.append(f"{star}{parameter.name}{default}")
        return f"{self.name}({', '.join(shown)})"

    def result(self, args: Sequence[Operand], kwargs: Mapping[str, Operand]) -> TensorType:
        """The type of the result. Raises TypeError for a wrong call, ShapeError for wrong shapes."""
        bound = self.signature.bind(*args, **kwargs)
        for name, value in bound.arguments.items():
            parameter = self.signature.parameters[name]
            values = value if parameter.kind is inspect.Parameter.VAR_POSITIONAL else (value,)
            if parameter.annotation is TensorType and not all(
                isinstance(item, TensorType) for item in values
            ):
                raise TypeError(f"`{name}` must be a tensor")
        if any(tensor.dims is None for tensor in _tensors([*args, *kwargs.values()])):
            return TensorType(None, self._dtype_without_shape(args, kwargs))
        return self._type(args, kwargs)

    def _type(self, args: Sequence[Operand], kwargs: Mapping[str, Operand]) -> TensorType:
        shape = self.shape(*args, **kwargs)
        return TensorType(shape, self.dtype(self.signature.bind(*args, **kwargs).arguments))

    def _dtype_without_shape(self, args: Sequence[Operand], kwargs: Mapping[str, Operand]) -> DType:
        """The element type that scalars give in the place of tensors of unknown rank."""
        try:
            scalars = {name: _scalar(value) for name, value in kwargs.items()}
            return self._type([_scalar(value) for value in args], scalars).dtype
        except (ShapeError, TypeError, IndexError, ValueError):
            return UNKNOWN.dtype


def _get_text(value: object) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _tensors(argument: Operand) -> list[TensorType]:
    if isinstance(argument, TensorType):
        return [argument]
    if isinstance(argument, list | tuple):
        return [tensor for item in argument for tensor in _tensors(item)]
    return []


def _scalar(value: Operand) -> Operand:
    if isinstance(value, list | tuple):
        return [_scalar(item) for item in value]
    return TensorType((), value.dtype) if isinstance(value, TensorType) else value


OPERATIONS: dict[str, Operation] = {}


def operation(
    name: str,
    doc: str,
    example: str,
    *,
    shape: Callable[..., Shape],
    dtype: DTypeRule,
    cost: Callable[[Step], Work],
    gradient: bool = True,
    chosen_by: str | None = None,
) -> None:
    """Adds a row to the table."""
    assert name not in OPERATIONS, name
    OPERATIONS[name] = Operation(name, doc, example, shape, dtype, cost, gradient, chosen_by)
