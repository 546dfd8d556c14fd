"""A step of a graph, and where the sizes of its tensors are found."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.frozen import FrozenDict, freeze
from getdsl.compiler.graph.operands import Argument, Ref, references, sizes
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import TensorType
from getdsl.text.source import Span

PARAMETER = "parameter."  # how a stage's inputs begin that are weights which the model itself owns
INPUT = "input."  # and those that are inputs of the model, as it has taken them
Kind = Literal["input", "parameter", "module", "operation"]


@dataclass(frozen=True)
class Node:
    """A step of a graph. `target` is the input, parameter, module or operation that it names."""

    name: str
    kind: Kind
    target: str
    outputs: Mapping[str, TensorType]
    args: tuple[Argument, ...] = ()
    kwargs: Mapping[str, Argument] = field(default_factory=FrozenDict)
    span: Span | None = None

    def __post_init__(self) -> None:
        freeze(self, "outputs", "kwargs")

    def references(self) -> Iterator[Ref]:
        yield from references((*self.args, *self.kwargs.values()))

    def dims(self) -> Iterator[Dim]:
        """The dimensions that this node uses as values."""
        yield from sizes((*self.args, *self.kwargs.values()))


@dataclass(frozen=True)
class SymbolSource:
    """Where a symbol's size is found at run time: `axis` of `ref` measures `pattern`."""

    ref: Ref
    axis: int
    pattern: Dim


def measuring(ref: Ref, type: TensorType, known: Container[Symbol]) -> dict[Symbol, SymbolSource]:
    """Where a tensor's axes tell symbols that are not known, each on an axis that tells one."""
    found: dict[Symbol, SymbolSource] = {}
    for axis, dim in enumerate(type.dims or ()):
        new = [symbol for symbol in dim.symbols if symbol not in known and symbol not in found]
        if len(new) == 1 and dim.solve(new[0], dim) is not None:
            found[new[0]] = SymbolSource(ref, axis, dim)
    return found
