"""Graphs, and what stands in them, as text."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.compiler.graph.callee import Callee
from getdsl.compiler.graph.graph import Graph, Node


def graph_text(graph: Graph, depth: int = 0) -> str:
    """The graph, one node a line, nested graphs below it."""
    return "\n".join(_graph(graph, depth))


def _graph(graph: Graph, depth: int) -> Iterator[str]:
    pad = "  " * depth
    yield f"{pad}graph {graph.name}"
    for node in graph.nodes.values():
        types = ", ".join(f"{name}: {type}" if name else str(type) for name, type in node.outputs.items())
        yield f"{pad}  {node.name} = {_call(node)}  # {types}"
    outputs = ", ".join(f"{name or 'output'} = {argument_text(ref)}" for name, ref in graph.outputs.items())
    yield f"{pad}  return {outputs}"
    for parameter in graph.parameters.values():
        if parameter.made is not None:
            yield f"{pad}  buffer {parameter.name}"
            yield from _graph(parameter.made, depth + 2)
    for module in graph.modules.values():
        params = ", ".join(f"{name} = {argument_text(value)}" for name, value in module.params.items())
        yield f"{pad}  module {module.name}: {module.block}({params})"
        if module.graph is not None:
            yield from _graph(module.graph, depth + 2)


def _call(node: Node) -> str:
    if node.kind in ("input", "parameter"):
        return f"{node.kind} {node.target}"
    arguments = [
        *map(argument_text, node.args),
        *(f"{name} = {argument_text(value)}" for name, value in node.kwargs.items()),
    ]
    return f"{'module ' if node.kind == 'module' else ''}{node.target}({', '.join(arguments)})"


def argument_text(value: object) -> str:
    """An argument of a node, or a constant, as the language writes it."""
    match value:
        case tuple() | list():
            return f"[{', '.join(map(argument_text, value))}]"
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case dict():
            pairs = (f"{key} = {argument_text(item)}" for key, item in value.items())
            return "{ " + ", ".join(pairs) + " }"
        case Callee():
            return str(value)
        case str():
            return f'"{value}"'
    return "..." if value is Ellipsis else str(value)
