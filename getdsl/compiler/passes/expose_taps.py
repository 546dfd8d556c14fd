"""Makes what is read of the inside of a block, `encoder.blocks[0].attn`, an output of each block on the way.

It is the only pass that adds outputs to modules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from getdsl.compiler.graph.graph import Graph, Module, Node, Ref
from getdsl.compiler.graph.taps import towards, type_inside
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.graph.verify import GraphError

Exposed = dict[tuple[int, tuple[str, ...]], Graph]
"""Bodies by identity and by what is read inside them: blocks that shared a body share the new one."""


def expose_taps(graph: Graph) -> Graph:
    """The graph without taps, whose blocks return what was read inside them, to all of their calls.

    That is what `graph.taps` says, and what stages read of the blocks that they borrow (`graph.lent`).
    Raises GraphError for a tap of what is not there.
    """
    return _exposed(graph, {})


def _exposed(graph: Graph, known: Exposed) -> Graph:
    wanted = _wanted(graph)
    modules = {
        name: _returning(module, tuple(wanted.get(name, ())), known) for name, module in graph.modules.items()
    }
    if not wanted and all(modules[name] is module for name, module in graph.modules.items()):
        return graph
    nodes = {
        name: _reading(graph, node, wanted[node.target])
        if node.kind == "module" and node.target in wanted
        else node
        for name, node in graph.nodes.items()
    }
    return replace(graph, nodes=nodes, modules=modules, taps={})


def _wanted(graph: Graph) -> dict[str, list[str]]:
    """The taps of each module."""
    wanted: dict[str, dict[str, None]] = {}
    for ref in graph.taps:
        wanted.setdefault(graph.nodes[ref.node].target, {})[ref.output] = None
    for module, outputs in graph.lent.items():
        for name in sorted(outputs - set(graph.modules[module].outputs)):
            wanted.setdefault(module, {})[name] = None
    return {module: [*names] for module, names in wanted.items()}


def _returning(module: Module, taps: tuple[str, ...], known: Exposed) -> Module:
    """The module whose body returns the taps, those of modules further inside too."""
    if module.graph is None:
        if taps:
            raise GraphError(f"the body of `{module.name}` is no graph, and nothing inside it can be read")
        return module
    key = (id(module.graph), taps)
    if key not in known:
        known[key] = _exposed(_tapped(module.graph, module.name, taps), known)
    if known[key] is module.graph:
        return module
    return replace(module, graph=known[key], outputs=tuple(dict.fromkeys((*module.outputs, *taps))))


def _tapped(body: Graph, name: str, taps: Iterable[str]) -> Graph:
    """A body that returns taps, which are taps of its own where they lie further inside."""
    found: dict[str, Ref] = {}
    further: dict[Ref, TensorType] = {}
    for tap in taps:
        ref = towards(body, tap)
        if ref is None:
            raise GraphError(f"nothing inside `{name}` calls `{tap.rpartition('.')[0]}`")
        found[tap] = ref
        if "." in ref.output:
            further[ref] = _type(body, body.nodes[ref.node], ref.output)
    if not found:
        return body
    return replace(body, outputs={**body.outputs, **found}, taps={**body.taps, **further})


def _reading(graph: Graph, node: Node, taps: Iterable[str]) -> Node:
    """A call with the taps among its outputs, in the sizes of its own inputs."""
    return replace(node, outputs={**node.outputs, **{tap: _type(graph, node, tap) for tap in taps}})


def _type(graph: Graph, call: Node, tap: str) -> TensorType:
    type = type_inside(graph.modules[call.target], call, graph.type_of, tap)
    if type is None:
        raise GraphError(f"`{call.target}` has no `{tap}` inside")
    return type
