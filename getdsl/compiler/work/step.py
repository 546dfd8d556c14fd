"""A step of training, as a rule sees it: what goes in, what comes out, and the arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import EllipsisType
from typing import TypeAlias

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Module, SliceArgument
from getdsl.compiler.graph.types import DType


@dataclass(eq=False, slots=True)
class Value:
    """A tensor in flight; `dims` is None where the batch does not say.

    `weight` names a tensor of the model.
    """

    dims: tuple[Dim, ...] | None
    dtype: DType = "float"
    weight: str | None = None

    @property
    def shape(self) -> tuple[Dim, ...]:
        if self.dims is None:
            raise UnknownSizeError
        return self.dims


class UnknownSizeError(Exception):
    """A size is asked for that neither the spec nor its data source declares."""


Passed: TypeAlias = (
    "Value | Dim | SliceArgument | int | float | str | bool | EllipsisType | tuple[Passed, ...] | None"
)


@dataclass(eq=False, slots=True)
class Step:
    """An operation, or a call of a block with a body in Python.

    `what` is the operation's name or the class; those from outside the library keep their module's.
    `operands` are the tensors that go in: arguments by name or place, weights by their names in the block.
    `path` names the module, `nodes` the graph's node and those of the blocks around it, outermost first.
    A block's arguments are `kwargs`, by the names of its face; the first `placed` of them are given by place.
    """

    what: str
    path: str
    nodes: tuple[str, ...]
    operands: dict[str, Value]
    outputs: dict[str, Value]
    args: tuple[Passed, ...] = ()
    kwargs: Mapping[str, Passed] = field(default_factory=dict)
    module: Module | None = None
    placed: int = 0

    @property
    def output(self) -> Value:
        return next(iter(self.outputs.values()))

    def param(self, name: str, default: object = None) -> object:
        """An argument of the block that is called."""
        return default if self.module is None else self.module.params.get(name, default)

    def number(self, name: str, default: int) -> int:
        """A param that is an integer."""
        value = self.param(name, default)
        assert isinstance(value, int)
        return value
