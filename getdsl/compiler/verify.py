"""What every graph must be, whichever pass made it: tests hold each pass to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from getdsl.compiler.graph.graph import Graph, Module, Node, Ref
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations import OPERATIONS, ShapeError

STAGES = ("prepare", "loss")  # over the raw batch, whose sizes are the model's


class GraphError(Exception):
    """A graph is not what the compiler promises: a bug of ours."""


def verify(graph: Graph, shared: Mapping[str, Module] | None = None) -> None:
    """Raises GraphError unless the graph, and those inside it, are well formed.

    `shared` holds the model's modules that a stage's graph may call.
    """
    modules = {**(shared or {}), **graph.modules}
    seen: set[str] = set()
    for name, node in graph.nodes.items():
        _need(name == node.name, graph, f"the node at `{name}` is called `{node.name}`")
        for ref in graph.dependencies(node):
            _need(
                ref.node in graph.nodes,
                graph,
                f"`{name}` uses `{ref.node}`, and there is no node of that name",
            )
            _need(ref.node in seen, graph, f"`{name}` stands before `{ref.node}`, which it uses")
            _check_ref(graph, ref, name)
        _check_target(graph, node, modules)
        _check_symbols(graph, node)
        seen.add(name)
    _need(bool(graph.outputs) or not graph.nodes or graph.name == "prepare", graph, "it has no outputs")
    for name, ref in graph.outputs.items():
        _check_ref(graph, ref, f"output {name}")
    _check_sources(graph)
    for module in graph.modules.values():
        _check_module(graph, module)


def _need(condition: bool, graph: Graph, problem: str) -> None:
    if not condition:
        raise GraphError(f"graph `{graph.name}`: {problem}")


def _check_ref(graph: Graph, ref: Ref, user: str) -> None:
    _need(ref.node in graph.nodes, graph, f"`{user}` uses `{ref.node}`, and there is no node of that name")
    found = graph.nodes[ref.node].outputs
    _need(
        ref.output in found,
        graph,
        f"`{user}` uses `{ref.node}.{ref.output}`, and there is no output of that name",
    )


def _check_target(graph: Graph, node: Node, modules: Mapping[str, Module]) -> None:
    if node.kind == "module":
        _need(
            node.target in modules,
            graph,
            f"`{node.name}` calls `{node.target}`, and there is no module of that name",
        )
        missing = set(node.outputs) - set(modules[node.target].outputs)
        _need(
            not missing, graph, f"`{node.name}` has outputs that `{node.target}` has not: {sorted(missing)}"
        )
    elif node.kind == "parameter":
        _need(node.target in graph.parameters, graph, f"there is no parameter `{node.target}`")
    elif node.kind == "operation":
        _need(node.target in OPERATIONS, graph, f"there is no operation `{node.target}`")
        _check_type(graph, node)


def _check_type(graph: Graph, node: Node) -> None:
    """An operation's declared type is the one that its rule gives."""

    def typed(value: Any) -> Any:
        if isinstance(value, Ref):
            return graph.type_of(value)
        return [typed(item) for item in value] if isinstance(value, tuple) else value

    args = [typed(item) if not _is_index(node, item) else item for item in node.args]
    try:
        found = OPERATIONS[node.target].result(
            args, {key: typed(value) for key, value in node.kwargs.items()}
        )
    except (ShapeError, TypeError) as error:
        raise GraphError(f"graph `{graph.name}`: `{node.name}`: {error}") from error
    declared = node.outputs[""]
    if found.dims is not None and declared.dims is not None:
        _need(
            found.dims == declared.dims and found.dtype == declared.dtype,
            graph,
            f"`{node.name}` is declared {declared.plain()} and is {found.plain()}",
        )


def _is_index(node: Node, item: Any) -> bool:
    return node.target == "getitem" and isinstance(item, tuple)


def _check_symbols(graph: Graph, node: Node) -> None:
    """Each symbol of a tensor's shape, or of a size used as a value, can be measured at run time."""
    used = {symbol for type in node.outputs.values() for symbol in type.symbols}
    used |= {symbol for dim in node.dims() for symbol in dim.symbols}
    missing = used - graph.symbols.keys()
    _need(
        not missing or graph.name in STAGES,
        graph,
        f"`{node.name}` has sizes that are not measured: {sorted(missing)}",
    )


def _check_sources(graph: Graph) -> None:
    for symbol, source in graph.symbols.items():
        _check_ref(graph, source.ref, f"symbol {symbol}")
        type: TensorType = graph.type_of(source.ref)
        fits = (
            type.dims is not None
            and source.axis < len(type.dims)
            and symbol in type.dims[source.axis].symbols
        )
        _need(fits, graph, f"axis {source.axis} of `{source.ref.node}` does not measure `{symbol}`")


def _check_module(graph: Graph, module: Module) -> None:
    if module.graph is None:
        _need(module.extern is not None, graph, f"the module `{module.name}` has no body")
        return
    try:
        verify(module.graph)
    except GraphError as error:
        raise GraphError(f"module `{module.name}`: {error}") from error
    missing = set(module.outputs) - set(module.graph.outputs)
    _need(not missing, graph, f"the body of `{module.name}` lacks the outputs {sorted(missing)}")
