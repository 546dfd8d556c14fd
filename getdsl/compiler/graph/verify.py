"""What every graph must be: the product holds it to that after checking and after each pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from getdsl.compiler.graph.calls import call_bindings, known
from getdsl.compiler.graph.graph import Graph, Module, Node
from getdsl.compiler.graph.operands import Ref
from getdsl.compiler.graph.types import TensorType

Rule = Callable[[Graph, Node], str | None]
"""What is wrong with a node for reasons that stand above the graph; None where nothing is."""


class GraphError(Exception):
    """A graph is not what the compiler promises: a bug of ours."""


@dataclass
class Verifier:
    """Holds graphs to the rules below, and each operation to `operation`, which knows what operations are.

    A graph that it has seen is not looked at again: a block that is applied a hundred times is one graph.
    """

    operation: Rule
    seen: dict[int, Graph] = field(default_factory=dict)  # by identity, held so that none is taken anew

    def verify(
        self, graph: Graph, shared: Mapping[str, Module] | None = None, *, stage: bool = False
    ) -> Graph:
        """The graph itself, well formed as those inside it are. Raises GraphError where one is not.

        `shared` holds the model's modules that a graph of a `stage` may call: one over the raw batch, whose
        sizes are the model's, and which may be empty.
        """
        if self.seen.get(id(graph)) is graph:
            return graph
        modules = {**(shared or {}), **graph.modules}
        for problem in self._problems(graph, modules, stage):
            raise GraphError(f"graph `{graph.name}`: {problem}")
        for module in graph.modules.values():
            if module.graph is not None:
                try:
                    self.verify(module.graph)
                except GraphError as error:
                    raise GraphError(f"module `{module.name}`: {error}") from error
        self.seen[id(graph)] = graph
        return graph

    def _problems(self, graph: Graph, modules: Mapping[str, Module], stage: bool) -> Iterator[str]:
        """All that is wrong with a graph; a rule may rely on those before it."""
        yield from _names(graph)
        yield from _references(graph)
        yield from _cycles(graph)
        yield from _order(graph)
        yield from _outputs(graph, stage)
        yield from _targets(graph, modules)
        yield from _bodies(graph)
        for node in graph.nodes.values():
            if node.kind == "module":
                yield from _call(graph, node, modules[node.target])
            elif node.kind == "operation" and (problem := self.operation(graph, node)) is not None:
                yield f"`{node.name}`{problem}"
        yield from _measured(graph, stage)
        yield from _sources(graph)


def _names(graph: Graph) -> Iterator[str]:
    """Each name is defined once, and what has it is called so."""
    for kind, items in (
        ("node", graph.nodes),
        ("module", graph.modules),
        ("parameter", graph.parameters),
    ):
        for name, item in items.items():
            if name != item.name:
                yield f"the {kind} at `{name}` is called `{item.name}`"
    for name in graph.modules.keys() & graph.parameters.keys():
        yield f"`{name}` is a module and a parameter"
    defined: dict[tuple[str, str], str] = {}
    for node in graph.nodes.values():
        if node.kind in ("input", "parameter"):
            first = defined.setdefault((node.kind, node.target), node.name)
            if first != node.name:
                yield f"the {node.kind} `{node.target}` is defined twice, by `{first}` and `{node.name}`"


def _references(graph: Graph) -> Iterator[str]:
    """Whatever is used is there."""
    for node in graph.nodes.values():
        for ref in graph.dependencies(node):
            yield from _missing(graph, ref, node.name)
    for name, ref in graph.outputs.items():
        yield from _missing(graph, ref, f"output {name}")
    for symbol, source in graph.symbols.items():
        yield from _missing(graph, source.ref, f"symbol {symbol}")
    for ref in graph.taps:
        if ref.node not in graph.nodes or graph.nodes[ref.node].kind != "module":
            yield f"there is no call `{ref.node}`, inside which `{ref.output}` is read"


def _missing(graph: Graph, ref: Ref, user: str) -> Iterator[str]:
    node = graph.nodes.get(ref.node)
    if node is None:
        yield f"`{user}` uses `{ref.node}`, and there is no node of that name"
    elif ref.output not in node.outputs and ref not in graph.taps:
        yield f"`{user}` uses `{ref.node}.{ref.output}`, and there is no output of that name"


def _cycles(graph: Graph) -> Iterator[str]:
    import networkx

    if not networkx.is_directed_acyclic_graph(graph.dag):
        cycle = [edge[0] for edge in networkx.find_cycle(graph.dag)]
        yield f"it has a cycle: {' -> '.join(f'`{name}`' for name in (*cycle, cycle[0]))}"


def _order(graph: Graph) -> Iterator[str]:
    """Each node stands after what it uses."""
    place = {name: number for number, name in enumerate(graph.nodes)}
    for source, reader in graph.dag.edges:
        if place[source] > place[reader]:
            yield f"`{reader}` stands before `{source}`, which it uses"


def _outputs(graph: Graph, stage: bool) -> Iterator[str]:
    if not graph.outputs and not stage:
        yield "it has no outputs"


def _targets(graph: Graph, modules: Mapping[str, Module]) -> Iterator[str]:
    """Modules and parameters that are called and read are there, and return what is read of them."""
    for node in graph.nodes.values():
        if node.kind == "module" and node.target not in modules:
            yield f"`{node.name}` calls `{node.target}`, and there is no module of that name"
        elif node.kind == "module":
            if missing := node.outputs.keys() - set(modules[node.target].outputs):
                yield f"`{node.name}` has outputs that `{node.target}` has not: {sorted(missing)}"
        elif node.kind == "parameter" and node.target not in graph.parameters:
            yield f"there is no parameter `{node.target}`"


def _bodies(graph: Graph) -> Iterator[str]:
    """Each module has a body, and a body that is a graph returns what the module does."""
    for module in graph.modules.values():
        if module.graph is None and module.extern is None:
            yield f"the module `{module.name}` has no body"
        elif module.graph is not None and (missing := set(module.outputs) - module.graph.outputs.keys()):
            yield f"the body of `{module.name}` lacks the outputs {sorted(missing)}"


def _call(graph: Graph, node: Node, module: Module) -> Iterator[str]:
    """A call gives a block no more than its inputs, of its types, and has the types of its outputs."""
    arguments = module.arguments(node)
    if len(arguments) < len(node.args) + len(node.kwargs) or arguments.keys() - set(module.inputs):
        yield f"`{node.name}` gives `{module.name}` more than its inputs, {', '.join(module.inputs)}"
    elif module.graph is not None:
        bindings = call_bindings(module.graph, arguments, graph.type_of)
        for name, type in module.graph.inputs.items():
            given = arguments.get(name)
            if not isinstance(given, Ref):
                yield f"`{node.name}` gives `{module.name}` no tensor as `{name}`"
            elif _differ(known(type, bindings), graph.type_of(given)):
                wanted = known(type, bindings).plain()
                yield f"`{node.name}` gives `{module.name}` {graph.type_of(given)} as `{name}: {wanted}`"
        for name, type in node.outputs.items():
            found = known(module.graph.type_of(module.graph.outputs[name]), bindings)
            if _differ(type, found):
                yield f"`{node.name}.{name}` is declared {type.plain()} and is {found.plain()}"


def _differ(one: TensorType, other: TensorType) -> bool:
    return one.dims is not None and other.dims is not None and one.dims != other.dims


def _measured(graph: Graph, stage: bool) -> Iterator[str]:
    """Each symbol of a tensor's shape, or of a size used as a value, can be measured at run time."""
    if stage:
        return
    for node in graph.nodes.values():
        used = {symbol for type in node.outputs.values() for symbol in type.symbols}
        used.update(symbol for dim in node.dims() for symbol in dim.symbols)
        if missing := {symbol for symbol in used if symbol not in graph.symbols}:
            yield f"`{node.name}` has sizes that are not measured: {sorted(missing)}"


def _sources(graph: Graph) -> Iterator[str]:
    """A symbol is measured on an axis that has it."""
    for symbol, source in graph.symbols.items():
        dims = graph.type_of(source.ref).dims
        if dims is None or source.axis >= len(dims) or symbol not in dims[source.axis].symbols:
            yield f"axis {source.axis} of `{source.ref.node}` does not measure `{symbol}`"
