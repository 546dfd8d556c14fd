"""Takes away what no output needs, inside nested graphs too; weights stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from getdsl.compiler.graph.graph import Graph, Module, Node, SymbolSource
from getdsl.compiler.graph.node import measuring
from getdsl.compiler.graph.operands import Ref
from getdsl.compiler.graph.symbols import Symbol

Trimmed = dict[tuple[int, tuple[str, ...]], Graph]
"""Bodies by identity and by what is read of them: blocks that shared a body share the trimmed one."""


def remove_unused(graph: Graph) -> Graph:
    """The graph without nodes that no output reaches, and without outputs of its blocks that nobody reads.

    It is the graph itself where there are none.

    Modules and parameters are kept, so the state dict does not change.
    """
    return _trimmed(graph, {})


def _trimmed(graph: Graph, known: Trimmed) -> Graph:
    needed = graph.reachable()
    kept = [node for name, node in graph.nodes.items() if name in needed or node.kind == "input"]
    wanted = _wanted_outputs(graph, needed)
    modules = {name: _trim(module, wanted.get(name), known) for name, module in graph.modules.items()}
    nodes = {node.name: _narrow(node, modules) for node in kept}
    symbols = _measured(graph, nodes)
    if nodes == graph.nodes and modules == graph.modules and symbols == graph.symbols:
        return graph
    return replace(graph, nodes=nodes, modules=modules, symbols=symbols)


def _measured(graph: Graph, nodes: Mapping[str, Node]) -> dict[Symbol, SymbolSource]:
    """Where what is left tells symbols: another output of a call, where the one that told is gone."""
    symbols = {
        symbol: source
        for symbol, source in graph.symbols.items()
        if source.ref.node in nodes and source.ref.output in nodes[source.ref.node].outputs
    }
    for lost in [symbol for symbol in graph.symbols if symbol not in symbols]:
        node = nodes.get(graph.symbols[lost].ref.node)
        if node is None:
            continue
        for name, type in node.outputs.items():
            symbols |= measuring(Ref(node.name, name), type, symbols)
    return symbols


def _wanted_outputs(graph: Graph, needed: set[str]) -> dict[str, set[str]]:
    """For each module that is called or lent, which of its outputs are read."""
    wanted = {name: set(outputs) for name, outputs in graph.lent.items()}
    for ref in graph.outputs.values():
        if graph.nodes[ref.node].kind == "module":
            wanted.setdefault(graph.nodes[ref.node].target, set()).add(ref.output)
    for name in needed:
        node = graph.nodes[name]
        if node.kind == "module":
            wanted.setdefault(node.target, set()).update(
                use.output
                for reader, edge in graph.dag.succ[name].items()
                if reader in needed
                for use in edge["uses"]
            )
    return wanted


def _trim(module: Module, wanted: set[str] | None, known: Trimmed) -> Module:
    """A module that returns only what is read; one that is never applied returns its first output."""
    keep = tuple(name for name in module.outputs if wanted is None or name in wanted)
    if wanted is None:
        keep = module.outputs[:1]
    if module.graph is None:
        return module if keep == module.outputs else replace(module, outputs=keep)
    key = (id(module.graph), keep)
    if key not in known:
        known[key] = _trimmed(_returning(module.graph, keep), known)
    if keep == module.outputs and known[key] is module.graph:
        return module
    return replace(module, outputs=keep, graph=known[key])


def _returning(body: Graph, keep: tuple[str, ...]) -> Graph:
    """A body without other outputs."""
    if keep == tuple(body.outputs):
        return body
    return replace(body, outputs={name: body.outputs[name] for name in keep})


def _narrow(node: Node, modules: dict[str, Module]) -> Node:
    if node.kind != "module":
        return node
    kept = {name: node.outputs[name] for name in modules[node.target].outputs if name in node.outputs}
    return node if tuple(kept) == tuple(node.outputs) else replace(node, outputs=kept)
