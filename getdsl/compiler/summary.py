"""A graph as a table: every node with its shape and its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from getdsl.compiler.graph import Graph, Node
from getdsl.compiler.spec import Spec

HEADER = ("node", "what", "shape", "parameters", "trainable")


def rows(
    graph: Graph, depth: int, prefix: str = "", applied: set[str] | None = None
) -> Iterator[tuple[str, ...]]:
    """A row for each node; those of nested graphs, indented, down to `depth` levels."""
    applied = set() if applied is None else applied
    indent = "  " * prefix.count(".")
    for node in graph.nodes.values():
        shape = ", ".join(str(type) for type in node.outputs.values())
        count, trainable = _parameters(graph, node, applied)
        yield (f"{indent}{node.name}", _what(graph, node), shape, _number(count), _number(trainable))
        module = graph.modules.get(node.target) if node.kind == "module" else None
        if module is not None and module.graph is not None and depth > 1:
            yield from rows(module.graph, depth - 1, f"{prefix}{node.target}.")
    for module in graph.modules.values():
        if module.name not in applied:
            count, trainable = _counts(list(module.tensors()))
            yield (f"{indent}{module.name}", module.block, "not applied", _number(count), _number(trainable))


def _what(graph: Graph, node: Node) -> str:
    if node.kind == "module":
        return graph.modules[node.target].block
    return "Parameter" if node.kind == "parameter" else node.kind if node.kind == "input" else node.target


def _parameters(graph: Graph, node: Node, applied: set[str]) -> tuple[int, int]:
    """All and trainable parameters of what a node calls; a module's count once."""
    if node.kind == "parameter":
        size = 1
        for side in graph.parameters[node.target].shape:
            size *= side
        return size, size
    if node.kind != "module" or node.target in applied:
        return 0, 0
    applied.add(node.target)
    return _counts(list(graph.modules[node.target].tensors()))


def _counts(tensors: Sequence) -> tuple[int, int]:  # type: ignore[type-arg]
    parameters = [tensor for tensor in tensors if tensor.kind != "buffer"]
    return sum(t.size for t in parameters), sum(t.size for t in parameters if t.kind == "weight")


def _number(count: int) -> str:
    return f"{count:,}" if count else ""


def summary(spec: Spec, depth: int = 1) -> str:
    """The table of a spec, with its totals."""
    total, trainable = _counts(list(spec.graph.tensors()))
    body = list(rows(spec.graph, depth))
    lines = [*_table([HEADER, *body])]
    lines.append(f"{spec.model}: {total:,} parameters, {trainable:,} trainable")
    for symbol, source in spec.graph.symbols.items():
        lines.append(f"{symbol}: axis {source.axis} of {source.ref.node}")
    for name, type in spec.graph.output_types().items():
        lines.append(f"output {name}: {type.plain()}")
    return "\n".join(lines)


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Columns as wide as they need to be; numbers to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [
            cell.rjust(width) if i >= 3 else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
        if number == 0:
            yield "  ".join("-" * width for width in widths)
