"""What a node is given: outputs of other nodes, sizes, slices and constants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import EllipsisType
from typing import TypeAlias

from getdsl.compiler.graph.dimensions import Dim

Bound: TypeAlias = "Dim | int | None"
Argument: TypeAlias = (
    "Ref | Dim | SliceArgument | EllipsisType | int | float | str | bool | tuple[Argument, ...] | None"
)
Constant: TypeAlias = "Dim | int | float | str | bool | Sequence[Constant] | Mapping[str, Constant] | None"


@dataclass(frozen=True, slots=True)
class Ref:
    """One output of a node."""

    node: str
    output: str

    def __str__(self) -> str:
        return f"{self.node}.{self.output}" if self.output else self.node


@dataclass(frozen=True, slots=True)
class SliceArgument:
    """`start:stop` of an index."""

    start: Bound
    stop: Bound

    def __str__(self) -> str:
        return ":".join("" if bound is None else str(bound) for bound in (self.start, self.stop))


def references(argument: Argument) -> Iterator[Ref]:
    """The outputs of nodes in an argument, from left to right."""
    if isinstance(argument, Ref):
        yield argument
    elif isinstance(argument, tuple):
        for item in argument:
            yield from references(item)


def sizes(argument: Argument) -> Iterator[Dim]:
    """The dimensions that an argument uses as values."""
    if isinstance(argument, Dim):
        yield argument
    elif isinstance(argument, tuple):
        for item in argument:
            yield from sizes(item)
    elif isinstance(argument, SliceArgument):
        yield from sizes((argument.start, argument.stop))
