"""The table of tensor operations: a name, a signature, and the rule for its result's type.

A rule is a plain function over types: tensors arrive as `TensorType`, all else as the constant
that it is. It returns the result's type or raises `ShapeError`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from getdsl.compiler.graph.types import TensorType

Rule = Callable[..., TensorType]


class ShapeError(Exception):
    """Why the operands of an operation, or the inputs of a block, do not fit."""

    def __init__(self, message: str, *, help: str | None = None, notes: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.notes = tuple(notes)


@dataclass(frozen=True)
class Operation:
    name: str
    rule: Rule

    @cached_property
    def signature(self) -> inspect.Signature:
        return inspect.signature(self.rule, eval_str=True)

    def usage(self) -> str:
        """The call as a user would write it."""
        shown = []
        for parameter in self.signature.parameters.values():
            star = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
            default = "" if parameter.default is parameter.empty else f" = {_get_text(parameter.default)}"
            shown.append(f"{star}{parameter.name}{default}")
        return f"{self.name}({', '.join(shown)})"

    def result(self, args: Sequence[Any], kwargs: dict[str, Any]) -> TensorType:
        """The type of the result. Raises TypeError for a wrong call, ShapeError for wrong shapes."""
        bound = self.signature.bind(*args, **kwargs)
        for name, value in bound.arguments.items():
            wanted = self.signature.parameters[name].annotation
            values = (
                value
                if self.signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
                else (value,)
            )
            if wanted is TensorType and not all(isinstance(item, TensorType) for item in values):
                raise TypeError(f"`{name}` must be a tensor")
        if any(tensor.dims is None for tensor in _tensors((args, tuple(kwargs.values())))):
            return TensorType(None, _dtype_without_shape(self, args, kwargs))
        return self.rule(*args, **kwargs)


def _get_text(value: Any) -> str:
    return (
        {None: "none", True: "true", False: "false"}.get(value, str(value))
        if not isinstance(value, int) or isinstance(value, bool)
        else str(value)
    )


def _tensors(argument: Any) -> list[TensorType]:
    if isinstance(argument, TensorType):
        return [argument]
    if isinstance(argument, list | tuple):
        return [tensor for item in argument for tensor in _tensors(item)]
    return []


def _dtype_without_shape(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The element type that the rule gives on scalars in the place of tensors of unknown rank."""
    from getdsl.compiler.graph.types import UNKNOWN

    def scalar(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [scalar(item) for item in value]
        return TensorType((), value.dtype) if isinstance(value, TensorType) else value

    try:
        return operation.rule(*map(scalar, args), **{k: scalar(v) for k, v in kwargs.items()}).dtype
    except (ShapeError, TypeError, IndexError, ValueError):
        return UNKNOWN.dtype


OPERATIONS: dict[str, Operation] = {}


def operation(name: str) -> Callable[[Rule], Rule]:
    """Registers a rule under the operation's name."""

    def register(rule: Rule) -> Rule:
        assert name not in OPERATIONS, name
        OPERATIONS[name] = Operation(name, rule)
        return rule

    return register


def axis(dim: int, rank: int, *, extra: int = 0) -> int:
    """A possibly negative axis as one counted from the front. Raises ShapeError where there is none such."""
    limit = rank + extra
    if isinstance(dim, bool) or not isinstance(dim, int):
        raise ShapeError(f"an axis is an integer, not {dim}")
    if not -limit <= dim < limit:
        raise ShapeError(f"axis {dim} is out of range for a tensor of rank {rank}")
    return dim % limit
