"""The checked graph: what the compiler's passes read and write.

A `Graph` is one model, block body, or stage (batch preparation, loss, metrics). Its nodes are
inputs, parameters, module calls and operations, in an order in which each follows what it uses.
A module is an extern body or another graph, so graphs nest as modules do. Nothing of it changes
once it is made: a pass makes another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Literal, TypeAlias

from getdsl.compiler.graph.bounds import Needed
from getdsl.compiler.graph.dag import make_dag, uses
from getdsl.compiler.graph.frozen import FrozenDict, freeze
from getdsl.compiler.graph.node import Kind, Node, SymbolSource
from getdsl.compiler.graph.operands import Argument, Constant, Ref, SliceArgument, references
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.torch_call import TorchCall
from getdsl.compiler.graph.types import DType, TensorType
from getdsl.text.source import SourceFile, Span

if TYPE_CHECKING:
    import networkx

StateKind = Literal["weight", "frozen", "buffer"]
Init: TypeAlias = "str | float | tuple[str, *tuple[float, ...]]"


@dataclass(frozen=True)
class StateTensor:
    """A tensor of the state dict, by its full name below its owner."""

    name: str
    shape: tuple[int, ...]
    kind: StateKind = "weight"
    dtype: DType = "float"

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True)
class Parameter:
    """A tensor that a graph owns itself.

    The `init` of a weight is zeros, ones, a number, or (name, *numbers). The values of a buffer are computed
    once by the graph `made`, and without it they are filled in by a checkpoint.
    """

    name: str
    shape: tuple[int, ...]
    init: Init
    span: Span | None = None
    kind: StateKind = "weight"
    dtype: DType = "float"
    made: Graph | None = None


@dataclass(frozen=True)
class Module:
    """A bound block: its definition, its arguments, and its body (an extern class or a graph)."""

    name: str
    block: str
    params: Mapping[str, Constant]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    extern: str | None = None
    sizes: Mapping[str, int] = field(default_factory=FrozenDict)  # symbols that an extern's weights need
    state: tuple[StateTensor, ...] = ()
    graph: Graph | None = None
    span: Span | None = None
    face_outputs: tuple[str, ...] = ()  # what the face declares; `outputs` is what is read of it
    in_library: bool = True  # extern bodies from outside the library run only when trusted
    extern_file: SourceFile | None = None  # that names the extern
    torch: TorchCall | None = None  # how a module of torch.nn is made and applied

    def __post_init__(self) -> None:
        freeze(self, "params", "sizes")

    def arguments(self, call: Node) -> dict[str, Argument]:
        """The arguments of a call of this module, by the names of its inputs."""
        free = [name for name in self.inputs if name not in call.kwargs]
        return {**dict(zip(free, call.args, strict=False)), **call.kwargs}

    def returns_dict(self, call: Node) -> bool:
        """Whether a call returns outputs by name, and not the only one that is read."""
        read = call.outputs if self.graph is None else self.graph.outputs
        return len(read) != 1

    def tensors(self, prefix: str = "") -> Iterator[StateTensor]:
        """All tensors of the state dict under this module, named from it, behind a prefix."""
        for tensor in self.state:
            yield StateTensor(f"{prefix}{tensor.name}", tensor.shape, tensor.kind, tensor.dtype)
        if self.graph is not None:
            yield from self.graph.tensors(prefix)


@dataclass(frozen=True)
class Graph:
    name: str
    nodes: Mapping[str, Node]
    outputs: Mapping[str, Ref]
    modules: Mapping[str, Module] = field(default_factory=FrozenDict)
    parameters: Mapping[str, Parameter] = field(default_factory=FrozenDict)
    symbols: Mapping[Symbol, SymbolSource] = field(default_factory=FrozenDict)
    doc: str | None = None
    shared: frozenset[str] = frozenset()  # modules that belong to the model, in a stage's graph
    taps: Mapping[Ref, TensorType] = field(default_factory=FrozenDict)  # read inside calls, not exposed yet
    lent: Mapping[str, frozenset[str]] = field(default_factory=FrozenDict)  # what stages read of its modules
    needs: tuple[Needed, ...] = ()  # of sizes, where it depends on the batch whether they hold

    def __post_init__(self) -> None:
        freeze(self, "nodes", "outputs", "modules", "parameters", "symbols", "taps", "lent")

    # -- types

    @property
    def inputs(self) -> dict[str, TensorType]:
        return {node.target: node.outputs[""] for node in self.nodes.values() if node.kind == "input"}

    def type_of(self, ref: Ref) -> TensorType:
        return self.taps[ref] if ref in self.taps else self.nodes[ref.node].outputs[ref.output]

    def output_types(self) -> dict[str, TensorType]:
        return {name: self.type_of(ref) for name, ref in self.outputs.items()}

    # -- who uses what

    @cached_property
    def dag(self) -> networkx.DiGraph[str]:
        """The nodes as a networkx graph, an edge from each node to those that use it."""
        return make_dag(self.nodes, self.symbols)

    def dependencies(self, node: Node) -> Iterator[Ref]:
        """What a node needs: the tensors that it reads and those that measure its dimensions."""
        for source, use in uses(node, self.symbols):
            yield Ref(source, use.output)

    def readers(self, name: str) -> list[Node]:
        """The nodes that use an output of a node, in the graph's order."""
        return [self.nodes[reader] for reader in self.dag.succ[name]]

    def ancestors(self, names: Iterable[str]) -> set[str]:
        """The nodes that these need, and these themselves."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self.dag.pred[name])
        return found

    def reachable(self, outputs: Iterable[str] | None = None) -> set[str]:
        """The nodes that these outputs need; without a choice, all that any output needs."""
        return self.ancestors(
            self.outputs[name].node for name in (self.outputs if outputs is None else outputs)
        )

    def order(self) -> list[Node]:
        """The nodes, each after what it uses; as they stand, where they stand so."""
        import networkx

        place = {name: number for number, name in enumerate(self.nodes)}
        return [
            self.nodes[name]
            for name in networkx.lexicographical_topological_sort(self.dag, key=place.__getitem__)
        ]

    def calls_of(self, module: str) -> tuple[Node, ...]:
        """The nodes that call a module, in the graph's order."""
        return self._calls.get(module, ())

    @cached_property
    def _calls(self) -> dict[str, tuple[Node, ...]]:
        found: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            if node.kind == "module":
                found.setdefault(node.target, []).append(node)
        return {name: tuple(nodes) for name, nodes in found.items()}

    # -- what is inside

    def files(self) -> set[str]:
        """The paths of the files that buffers are read from, those of modules too."""
        made = [item.made for item in self.parameters.values() if item.made is not None]
        inside = [*made, *(item.graph for item in self.modules.values() if item.graph is not None)]
        read = {str(node.args[0]) for node in self.nodes.values() if node.target == "read" and node.args}
        return read.union(*(graph.files() for graph in inside))

    @cached_property
    def module_count(self) -> int:
        """How many modules there are, those inside them too."""
        inside = (module.graph for module in self.modules.values())
        return sum(1 + (graph.module_count if graph is not None else 0) for graph in inside)

    def tensors(self, prefix: str = "") -> Iterator[StateTensor]:
        """The state dict: own parameters, then those of modules, in order of binding."""
        for parameter in self.parameters.values():
            yield StateTensor(f"{prefix}{parameter.name}", parameter.shape, parameter.kind, parameter.dtype)
        for module in self.modules.values():
            yield from module.tensors(f"{prefix}{module.name}.")

    def walk_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """All modules with their paths, outer before inner."""
        for module in self.modules.values():
            path = f"{prefix}{module.name}"
            yield path, module
            if module.graph is not None:
                yield from module.graph.walk_modules(f"{path}.")


__all__ = [
    "Argument",
    "Constant",
    "Graph",
    "Init",
    "Kind",
    "Module",
    "Node",
    "Parameter",
    "Ref",
    "SliceArgument",
    "StateKind",
    "StateTensor",
    "SymbolSource",
    "references",
]
