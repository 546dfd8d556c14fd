"""Several graphs as one: inputs of one name are shared, other nodes and modules are named apart."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace

from getdsl.compiler.graph.bounds import Needed
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph, Module, Node, Parameter, SymbolSource
from getdsl.compiler.graph.operands import Argument, Bound, Ref, SliceArgument
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import TensorType


def compose(name: str, graphs: Iterable[Graph]) -> Graph:
    """One graph with the nodes and outputs of all, whose outputs are named apart already.

    Modules that the graphs borrow (`shared`) stay one; others of the same name get a number behind it.
    """
    whole = _Composition()
    for graph in graphs:
        whole.add(graph)
    return Graph(
        name,
        whole.nodes,
        whole.outputs,
        whole.modules,
        whole.parameters,
        symbols=whole.symbols,
        shared=frozenset(whole.shared),
        taps=whole.taps,
        needs=tuple(dict.fromkeys(whole.needs)),
    )


class _Composition:
    """What was put together so far."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.outputs: dict[str, Ref] = {}
        self.modules: dict[str, Module] = {}
        self.symbols: dict[Symbol, SymbolSource] = {}
        self.shared: set[str] = set()
        self.taps: dict[Ref, TensorType] = {}
        self.needs: list[Needed] = []
        self.inputs: dict[str, str] = {}  # target -> node
        self.parameters: dict[str, Parameter] = {}
        self.taken: set[str] = set()  # by nodes
        self.counts: dict[tuple[int, str], int] = {}

    def add(self, graph: Graph) -> None:
        modules = {name: self._module(graph, module) for name, module in graph.modules.items()}
        names = {node.name: self._place(node) for node in graph.nodes.values()}
        moved = _Moved(names, modules)
        for node in graph.nodes.values():
            if node.kind == "input":
                self.inputs[node.target] = names[node.name]
            self.nodes.setdefault(names[node.name], moved.node(node))
        for symbol, source in graph.symbols.items():
            pattern = source.pattern.substitute(moved.symbols(source.pattern.symbols))
            self.symbols.setdefault(
                moved.symbol(symbol), SymbolSource(moved.ref(source.ref), source.axis, pattern)
            )
        self.taps |= {moved.ref(ref): moved.type(type) for ref, type in graph.taps.items()}
        self.needs += (moved.need(item) for item in graph.needs)
        self.outputs |= {name: moved.ref(ref) for name, ref in graph.outputs.items()}
        self.parameters |= graph.parameters
        self.shared |= graph.shared

    def _place(self, node: Node) -> str:
        """The name of a node in the whole, which is reserved for it."""
        if node.kind == "input" and node.target in self.inputs:
            return self.inputs[node.target]
        name = self._fresh(node.name, self.taken)
        self.taken.add(name)
        return name

    def _module(self, graph: Graph, module: Module) -> str:
        if module.name in graph.shared:
            name = module.name
        else:
            name = self._fresh(module.name, self.modules)
        self.modules[name] = replace(module, name=name)
        return name

    def _fresh(self, wanted: str, taken: Container[str]) -> str:
        name, key = wanted, (id(taken), wanted)
        while name in taken:
            self.counts[key] = self.counts.get(key, 0) + 1
            name = f"{wanted}_{self.counts[key]}"
        return name


class _Moved:
    """A graph's nodes and modules under their names in the whole."""

    def __init__(self, names: Mapping[str, str], modules: Mapping[str, str]) -> None:
        self.names = names
        self.modules = modules

    def node(self, node: Node) -> Node:
        outputs = {name: self.type(type) for name, type in node.outputs.items()}
        return replace(
            node,
            name=self.names[node.name],
            target=self.modules[node.target] if node.kind == "module" else node.target,
            outputs=outputs,
            args=tuple(map(self.argument, node.args)),
            kwargs={name: self.argument(item) for name, item in node.kwargs.items()},
        )

    def ref(self, ref: Ref) -> Ref:
        return Ref(self.names[ref.node], ref.output)

    def type(self, type: TensorType) -> TensorType:
        return type.substitute(self.symbols(type.symbols))

    def need(self, item: Needed) -> Needed:
        return Needed(item.need.substitute(self.symbols(item.need.symbols)), item.span)

    def symbol(self, symbol: Symbol) -> Symbol:
        """A size that a node returned anew is called after it."""
        first = symbol.owner[:1]
        return (
            Symbol(symbol.name, (self.names.get(first[0], first[0]), *symbol.owner[1:])) if first else symbol
        )

    def symbols(self, found: Iterable[Symbol]) -> dict[Symbol, Dim]:
        moved = {symbol: self.symbol(symbol) for symbol in found}
        return {old: Dim.symbol(new) for old, new in moved.items() if old != new}

    def argument(self, argument: Argument) -> Argument:
        if isinstance(argument, Ref):
            return self.ref(argument)
        if isinstance(argument, Dim):
            return self.dim(argument)
        if isinstance(argument, SliceArgument):
            return SliceArgument(self.bound(argument.start), self.bound(argument.stop))
        return tuple(map(self.argument, argument)) if isinstance(argument, tuple) else argument

    def bound(self, bound: Bound) -> Bound:
        return self.dim(bound) if isinstance(bound, Dim) else bound

    def dim(self, dim: Dim) -> Dim:
        return dim.substitute(self.symbols(dim.symbols))
