"""The checked graph: what the compiler's passes read and write.

A `Graph` is one model, block body, or stage (batch preparation, loss, metrics). Its nodes are
inputs, parameters, module calls and operations, in an order in which each follows what it uses.
A module is an extern body or another graph, so graphs nest as modules do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import TensorType
from getdsl.text.source import SourceFile, Span

if TYPE_CHECKING:
    import networkx

Kind = Literal["input", "parameter", "module", "operation"]
StateKind = Literal["weight", "frozen", "buffer"]


@dataclass(frozen=True, slots=True)
class Ref:
    """One output of a node."""

    node: str
    output: str


@dataclass(frozen=True, slots=True)
class SliceArgument:
    start: Argument
    stop: Argument


Argument = Any  # Ref | Dim | SliceArgument | int | float | str | bool | None | tuple[Argument, ...]


@dataclass(frozen=True)
class Node:
    """A step of a graph. `target` is the input, parameter, module or operation that it names."""

    name: str
    kind: Kind
    target: str
    outputs: Mapping[str, TensorType]
    args: tuple[Argument, ...] = ()
    kwargs: Mapping[str, Argument] = field(default_factory=dict)
    span: Span | None = None

    def references(self) -> Iterator[Ref]:
        yield from references((self.args, tuple(self.kwargs.values())))

    def dims(self) -> Iterator[Dim]:
        """The dimensions that this node uses as values."""
        yield from _dims((self.args, tuple(self.kwargs.values())))


def references(argument: Argument) -> Iterator[Ref]:
    if isinstance(argument, Ref):
        yield argument
    elif isinstance(argument, tuple):
        for item in argument:
            yield from references(item)


def _dims(argument: Argument) -> Iterator[Dim]:
    if isinstance(argument, Dim):
        yield argument
    elif isinstance(argument, tuple):
        for item in argument:
            yield from _dims(item)
    elif isinstance(argument, SliceArgument):
        yield from _dims((argument.start, argument.stop))


@dataclass(frozen=True)
class StateTensor:
    """A tensor of the state dict, by its full name below its owner."""

    name: str
    shape: tuple[int, ...]
    kind: StateKind = "weight"

    @property
    def size(self) -> int:
        product = 1
        for side in self.shape:
            product *= side
        return product


@dataclass(frozen=True)
class Parameter:
    """A tensor that a graph owns itself; `init` is zeros, ones, a number, or (name, *numbers)."""

    name: str
    shape: tuple[int, ...]
    init: Any
    span: Span | None = None


@dataclass(frozen=True)
class Module:
    """A bound block: its definition, its arguments, and its body (an extern class or a graph)."""

    name: str
    block: str
    params: Mapping[str, Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    extern: str | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)  # input symbols that an extern's weights need
    state: tuple[StateTensor, ...] = ()
    graph: Graph | None = None
    span: Span | None = None
    face_outputs: tuple[str, ...] = ()  # what the face declares; `outputs` is what is read of it
    in_library: bool = True  # extern bodies from outside the library run only when trusted
    extern_file: SourceFile | None = None  # that names the extern

    def tensors(self) -> Iterator[StateTensor]:
        """All tensors of the state dict under this module, named from it."""
        yield from self.state
        if self.graph is not None:
            yield from self.graph.tensors()


@dataclass(frozen=True)
class SymbolSource:
    """Where a symbol's size is found at run time: `axis` of `ref` measures `pattern`."""

    ref: Ref
    axis: int
    pattern: Dim


@dataclass(frozen=True)
class Graph:
    name: str
    nodes: Mapping[str, Node]
    outputs: Mapping[str, Ref]
    modules: Mapping[str, Module] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    symbols: Mapping[Symbol, SymbolSource] = field(default_factory=dict)
    doc: str | None = None
    shared: frozenset[str] = frozenset()  # modules that belong to the model, in a stage's graph

    @property
    def inputs(self) -> dict[str, TensorType]:
        return {node.target: node.outputs[""] for node in self.nodes.values() if node.kind == "input"}

    def type_of(self, ref: Ref) -> TensorType:
        return self.nodes[ref.node].outputs[ref.output]

    def output_types(self) -> dict[str, TensorType]:
        return {name: self.type_of(ref) for name, ref in self.outputs.items()}

    @cached_property
    def dag(self) -> networkx.DiGraph[str]:
        """The nodes as a networkx graph, an edge from each node to those that use it."""
        import networkx

        dag: networkx.DiGraph[str] = networkx.DiGraph()
        dag.add_nodes_from(self.nodes)
        for node in self.nodes.values():
            dag.add_edges_from((ref.node, node.name) for ref in self.dependencies(node))
        return dag

    def dependencies(self, node: Node) -> Iterator[Ref]:
        """What a node needs: the tensors that it reads and those that measure its dimensions."""
        yield from node.references()
        for dim in node.dims():
            for symbol in dim.symbols:
                if symbol in self.symbols:
                    yield self.symbols[symbol].ref

    def tensors(self) -> Iterator[StateTensor]:
        """The state dict: own parameters, then those of modules, in order of binding."""
        for parameter in self.parameters.values():
            yield StateTensor(parameter.name, parameter.shape)
        for module in self.modules.values():
            for tensor in module.tensors():
                yield replace(tensor, name=f"{module.name}.{tensor.name}")

    def walk_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """All modules with their paths, outer before inner."""
        for module in self.modules.values():
            path = f"{prefix}{module.name}"
            yield path, module
            if module.graph is not None:
                yield from module.graph.walk_modules(f"{path}.")
