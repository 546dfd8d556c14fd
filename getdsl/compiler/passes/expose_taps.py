"""Makes what is read of the inside of a block, `encoder.blocks[0].attn`, an output of each block on the way.

It is the only pass that adds outputs to modules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from getdsl.compiler.graph.calls import call_bindings, known
from getdsl.compiler.graph.graph import Graph, Module, Node, Ref
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.graph.verify import GraphError


@dataclass(frozen=True)
class Tap:
    """An output of a module inside the block that a node calls; `path` goes from that block to the module."""

    node: str
    path: str
    output: str

    @property
    def name(self) -> str:
        """How the output is called where the block returns it."""
        return f"{self.path}.{self.output}"


def expose_taps(graph: Graph, taps: Iterable[Tap]) -> Graph:
    """The graph whose blocks return the taps, each as `path.output`, and all of whose calls of them have it.

    Raises GraphError for a tap of what is not there.
    """
    wanted: dict[str, dict[str, Tap]] = {}
    for tap in taps:
        wanted.setdefault(graph.nodes[tap.node].target, {}).setdefault(tap.name, tap)
    if not wanted:
        return graph
    modules = {
        name: _returning(module, wanted[name].values()) if name in wanted else module
        for name, module in graph.modules.items()
    }
    nodes = {
        name: _reading(graph, node, wanted[node.target].values())
        if node.kind == "module" and node.target in wanted
        else node
        for name, node in graph.nodes.items()
    }
    return replace(graph, nodes=nodes, modules=modules)


def _returning(module: Module, taps: Iterable[Tap]) -> Module:
    """The module whose body returns the taps, those of modules further inside too."""
    if module.graph is None:
        raise GraphError(f"the body of `{module.name}` is no graph, and nothing inside it can be read")
    further: list[Tap] = []
    found: dict[str, Ref] = {}
    for tap in taps:
        towards = _towards(module.graph, tap.path)
        if towards is None:
            raise GraphError(f"nothing inside `{module.name}` calls `{tap.path}`")
        call, rest = towards
        inner = Tap(call.name, rest, tap.output)
        found[tap.name] = Ref(call.name, inner.name if rest else tap.output)
        if rest:
            further.append(inner)
    body = expose_taps(module.graph, further)
    body = replace(body, outputs={**body.outputs, **found})
    return replace(module, graph=body, outputs=tuple(dict.fromkeys((*module.outputs, *found))))


def _reading(graph: Graph, node: Node, taps: Iterable[Tap]) -> Node:
    """A call with the taps among its outputs, in the sizes of its own inputs."""
    found: dict[str, TensorType] = {}
    for tap in taps:
        type = type_inside(graph.modules[node.target], node, graph.type_of, tap.path, tap.output)
        if type is None:
            raise GraphError(f"`{node.target}` has no `{tap.name}` inside")
        found[tap.name] = type
    return replace(node, outputs={**node.outputs, **found})


def _towards(body: Graph, path: str) -> tuple[Node, str] | None:
    """The first call inside a body that leads to a path, and what is left of the path behind it."""
    steps = path.split(".")
    for length in range(len(steps), 0, -1):
        calls = body.calls_of(".".join(steps[:length]))
        if calls:
            return calls[0], ".".join(steps[length:])
    return None


def tap_type(graph: Graph, tap: Tap) -> TensorType | None:
    """The type of a tap in the sizes of the graph, found without changing it; None where there is none such.

    It is UNKNOWN where a size inside the block is none that its caller knows.
    """
    node = graph.nodes[tap.node]
    return type_inside(graph.modules[node.target], node, graph.type_of, tap.path, tap.output)


def type_inside(
    module: Module, call: Node, type_of: Callable[[Ref], TensorType], path: str, output: str
) -> TensorType | None:
    """Like `tap_type`, of a call in a graph that is still being made, in which `type_of` knows the types."""
    body = module.graph
    towards = _towards(body, path) if body is not None else None
    if body is None or towards is None:
        return None
    inner, rest = towards
    if rest:
        type = type_inside(body.modules[inner.target], inner, body.type_of, rest, output)
    else:  # an output without a name is the block's own result, of which nothing is read by name
        type = inner.outputs.get(output) if output else None
    return None if type is None else known(type, call_bindings(body, module.arguments(call), type_of))
