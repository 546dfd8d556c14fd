"""Takes away what no output needs, inside nested graphs too; weights stay."""

from __future__ import annotations

from dataclasses import replace

from getdsl.compiler.graph.graph import Graph, Module, Node


def remove_unused(graph: Graph) -> Graph:
    """The graph without nodes that no output reaches, and without outputs of its blocks that nobody reads.

    Modules and parameters are kept, so the state dict does not change.
    """
    needed = _reachable(graph)
    nodes = {name: node for name, node in graph.nodes.items() if name in needed or node.kind == "input"}
    wanted = _wanted_outputs(graph, nodes)
    modules = {name: _trim(module, wanted.get(name)) for name, module in graph.modules.items()}
    nodes = {name: _narrow(node, modules) for name, node in nodes.items()}
    symbols = {
        name: source
        for name, source in graph.symbols.items()
        if source.ref.node in nodes and source.ref.output in nodes[source.ref.node].outputs
    }
    return replace(graph, nodes=nodes, modules=modules, symbols=symbols)


def _reachable(graph: Graph) -> set[str]:
    waiting = [ref.node for ref in graph.outputs.values()]
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(ref.node for ref in graph.dependencies(graph.nodes[name]))
    return needed


def _wanted_outputs(graph: Graph, nodes: dict[str, Node]) -> dict[str, set[str]]:
    """For each module, which of its outputs are read anywhere in the graph."""
    wanted: dict[str, set[str]] = {}
    refs = [ref for node in nodes.values() for ref in graph.dependencies(node)]
    for ref in (*refs, *graph.outputs.values()):
        node = graph.nodes[ref.node]
        if node.kind == "module":
            wanted.setdefault(node.target, set()).add(ref.output)
    return wanted


def _trim(module: Module, wanted: set[str] | None) -> Module:
    """A module that returns only what is read; one that is never applied returns its first output."""
    keep = tuple(name for name in module.outputs if wanted is None or name in wanted)
    if wanted is None:
        keep = module.outputs[:1]
    if module.graph is None:
        return replace(module, outputs=keep)
    outputs = {name: module.graph.outputs[name] for name in keep}
    return replace(module, outputs=keep, graph=remove_unused(replace(module.graph, outputs=outputs)))


def _narrow(node: Node, modules: dict[str, Module]) -> Node:
    if node.kind != "module":
        return node
    kept = [name for name in modules[node.target].outputs if name in node.outputs]
    return replace(node, outputs={name: node.outputs[name] for name in kept})
