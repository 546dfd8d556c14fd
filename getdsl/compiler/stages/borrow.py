"""What stages take of the model's modules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from getdsl.compiler.graph.graph import Graph, Module, Node
from getdsl.compiler.graph.node import INPUT, PARAMETER
from getdsl.compiler.graph.operands import Ref
from getdsl.compiler.passes import expose_taps


def lent(stages: Iterable[Graph]) -> dict[str, frozenset[str]]:
    """The outputs that stages read of the modules that they borrow, of those inside them too."""
    read: dict[str, set[str]] = {}
    for graph in stages:
        refs = [ref for node in graph.nodes.values() for ref in graph.dependencies(node)]
        for ref in (*refs, *graph.outputs.values()):
            module = graph.nodes[ref.node].target
            if graph.nodes[ref.node].kind == "module" and module in graph.shared:
                read.setdefault(module, set()).add(ref.output)
    return {module: frozenset(outputs) for module, outputs in read.items()}


def borrow(stage: Graph, model: Graph) -> Graph:
    """The stage with the modules that the model has come to have in the place of those that it borrows."""
    modules = {
        name: model.modules[name] if name in stage.shared else module
        for name, module in stage.modules.items()
    }
    nodes = {
        name: _reading(stage, node, modules[node.target])
        if node.kind == "module" and node.target in stage.shared
        else node
        for name, node in stage.nodes.items()
    }
    own = {ref: type for ref, type in stage.taps.items() if stage.nodes[ref.node].target not in stage.shared}
    return expose_taps(replace(stage, modules=modules, nodes=nodes, taps=own))


def without_unread(stage: Graph) -> Graph:
    """A stage without the weights and inputs of the model that it could have read, and does not.

    What a broken term left behind reads too: nothing of it reaches an output.
    """
    read = {ref.node for node in stage.nodes.values() for ref in stage.dependencies(node)}
    read |= {ref.node for ref in stage.outputs.values()}
    kept = {
        name: node
        for name, node in stage.nodes.items()
        if not node.target.startswith((INPUT, PARAMETER)) or node.kind != "input" or name in read
    }
    if len(kept) == len(stage.nodes):
        return stage
    symbols = {symbol: source for symbol, source in stage.symbols.items() if source.ref.node in kept}
    return replace(stage, nodes=kept, symbols=symbols)


def _reading(stage: Graph, node: Node, module: Module) -> Node:
    """A call with the outputs that its module returns."""
    refs = (Ref(node.name, name) for name in module.outputs)
    known = {
        ref.output: stage.type_of(ref) for ref in refs if ref in stage.taps or ref.output in node.outputs
    }
    return replace(node, outputs=known)
