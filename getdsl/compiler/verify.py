"""What holds of every graph, at every stage: run after each pass in tests, and on demand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from getdsl.compiler.graph import Graph, Node, Ref
from getdsl.compiler.operations import OPERATIONS, ShapeError
from getdsl.compiler.types import TensorType

KINDS = ("input", "parameter", "module", "operation")


class GraphError(Exception):
    """A graph that no correct compiler makes."""


def verify(graph: Graph) -> None:
    """Raises GraphError where a graph, or one nested in it, is not what the rest of the compiler relies on."""
    problems = list(_problems(graph, graph.name))
    if problems:
        raise GraphError("\n".join(problems))


def _problems(graph: Graph, path: str) -> Iterator[str]:
    seen: set[str] = set()
    for name, node in graph.nodes.items():
        yield from (f"{path}: {problem}" for problem in _node(graph, name, node, seen))
        seen.add(name)
    if not graph.outputs:
        yield f"{path}: there is no output"
    for name, ref in graph.outputs.items():
        if not _exists(graph, ref):
            yield f"{path}: the output {name!r} is {ref}, which does not exist"
    for symbol, source in graph.symbols.items():
        if not _exists(graph, source.ref):
            yield f"{path}: the symbol {symbol} is measured on {source.ref}, which does not exist"
        elif symbol not in source.pattern.symbols or source.pattern.solve(symbol, source.pattern) is None:
            yield f"{path}: the symbol {symbol} cannot be solved from {source.pattern}"
    for module in graph.modules.values():
        if (module.extern is None) == (module.graph is None):
            yield f"{path}.{module.name}: a module is either an extern or a graph"
        if not set(module.outputs) <= set(module.face_outputs) | _exposed(module.graph):
            yield f"{path}.{module.name}: its outputs {module.outputs} are not its face's"
        if module.graph is not None:
            if set(module.outputs) != set(module.graph.outputs):
                yield f"{path}.{module.name}: its outputs {module.outputs} are not its graph's {tuple(module.graph.outputs)}"
            yield from _problems(module.graph, f"{path}.{module.name}")


def _exposed(graph: Graph | None) -> set[str]:
    """Outputs of parts, `blocks.0.attn`, which a use outside asked for."""
    return {name for name in graph.outputs if "." in name} if graph is not None else set()


def _exists(graph: Graph, ref: Ref) -> bool:
    return ref.node in graph.nodes and ref.output in graph.nodes[ref.node].outputs


def _node(graph: Graph, name: str, node: Node, seen: set[str]) -> Iterator[str]:
    if node.name != name:
        yield f"the node {node.name!r} is filed under {name!r}"
    if node.kind not in KINDS:
        yield f"{name} is of the kind {node.kind!r}"
        return
    for ref in graph.dependencies(node):
        if not _exists(graph, ref):
            yield f"{name} reads {ref}, which does not exist"
        elif ref.node not in seen:
            yield f"{name} reads {ref.node}, which comes after it"
    for dim in node.dims():
        for symbol in dim.symbols - graph.symbols.keys():
            yield f"{name} uses the size {symbol}, which nothing measures"
    if node.kind == "module":
        yield from _module(graph, name, node)
    elif node.kind == "operation":
        yield from _operation(graph, name, node)
    elif node.kind == "parameter" and node.target not in graph.parameters:
        yield f"{name} is the parameter {node.target}, which does not exist"


def _module(graph: Graph, name: str, node: Node) -> Iterator[str]:
    module = graph.modules.get(node.target)
    if module is None:
        yield f"{name} calls the module {node.target}, which does not exist"
        return
    if not node.outputs or set(node.outputs) != set(module.outputs):
        yield f"{name} has the outputs {tuple(node.outputs)}, and its module {module.outputs}"
    for argument in node.kwargs:
        if argument not in module.inputs:
            yield f"{name} gives {argument}, which {module.block} does not take"


def _operation(graph: Graph, name: str, node: Node) -> Iterator[str]:
    operation = OPERATIONS.get(node.target)
    if operation is None:
        yield f"{name} is the operation {node.target}, which does not exist"
        return
    try:
        args = [_typed(graph, item) for item in node.args]
        result = operation.result(args, {key: _typed(graph, item) for key, item in node.kwargs.items()})
    except (ShapeError, TypeError, KeyError) as error:
        yield f"{name}: {error}"
        return
    if (result.dims, result.dtype) != (node.outputs[""].dims, node.outputs[""].dtype):
        yield f"{name} is declared {node.outputs['']} and is {result}"


def _typed(graph: Graph, item: Any) -> Any:
    """An argument as a shape rule sees it."""
    if isinstance(item, Ref):
        found: TensorType = graph.nodes[item.node].outputs[item.output]
        return found
    if isinstance(item, tuple):
        return tuple(_typed(graph, each) for each in item)
    return item
