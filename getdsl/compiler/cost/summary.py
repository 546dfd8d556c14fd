"""A graph as a table: every node with its shape, its parameters, and what it costs to train it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from getdsl.compiler.cost.cost import Cost
from getdsl.compiler.cost.tally import step_cost
from getdsl.compiler.graph.graph import Graph, Node, StateTensor
from getdsl.compiler.spec import Spec
from getdsl.compiler.work.units import bytes_text, flops_text

HEADER = ("node", "what", "shape", "parameters", "trainable", "FLOPs", "kept")
COSTS = 5  # the first column of costs
WIDTH = 100


def rows(
    graph: Graph,
    depth: int,
    cost: Cost,
    above: tuple[str, ...] = (),
    applied: set[str] | None = None,
) -> Iterator[tuple[str, ...]]:
    """A row for each node; those of nested graphs, indented, down to `depth` levels."""
    applied = set() if applied is None else applied
    indent = "  " * len(above)
    for node in graph.nodes.values():
        shape = ", ".join(str(type) for type in node.outputs.values())
        count, trainable = _parameters(graph, node, applied)
        nodes = (*above, node.name)
        yield (
            f"{indent}{node.name}",
            _what(graph, node),
            shape,
            _number(count),
            _number(trainable),
            *_costs(cost, nodes),
        )
        module = graph.modules.get(node.target) if node.kind == "module" else None
        if module is not None and module.graph is not None and depth > 1:
            yield from rows(module.graph, depth - 1, cost, nodes)
    for module in graph.modules.values():
        if module.name not in applied:
            count, trainable = _counts(list(module.tensors()))
            numbers = (_number(count), _number(trainable), "", "")
            yield (f"{indent}{module.name}", module.block, "not applied", *numbers)


def _costs(cost: Cost, nodes: tuple[str, ...]) -> tuple[str, str]:
    line = cost.line(*nodes)
    return ("", "") if line is None else (flops_text(line.forward + line.backward), bytes_text(line.kept))


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


def _counts(tensors: Sequence[StateTensor]) -> tuple[int, int]:
    parameters = [tensor for tensor in tensors if tensor.kind != "buffer"]
    return sum(t.size for t in parameters), sum(t.size for t in parameters if t.kind == "weight")


def _number(count: int) -> str:
    return f"{count:,}" if count else ""


def summary(spec: Spec, depth: int = 1, sizes: Mapping[str, int] | None = None) -> str:
    """The table of a spec, with its totals; `sizes` sets symbols, such as B, for its costs."""
    total, trainable = _counts(list(spec.graph.tensors()))
    cost = step_cost(spec, sizes)
    lines = list(_tables([HEADER, *rows(spec.graph, depth, cost)]))
    lines.append(f"{spec.model}: {total:,} parameters, {trainable:,} trainable")
    for symbol, source in spec.graph.symbols.items():
        known = f" = {cost.sizes[str(symbol)]:,}" if str(symbol) in cost.sizes else ""
        lines.append(f"{symbol}: axis {source.axis} of {source.ref.node}{known}")
    lines.extend(str(item) for item in spec.graph.needs)
    for name, type in spec.graph.output_types().items():
        lines.append(f"output {name}: {type.plain()}")
    lines += cost_lines(cost)
    return "\n".join(lines)


def cost_lines(cost: Cost) -> Iterator[str]:
    """What a step of training costs, in words; `kept` of the table is `activations` here."""
    figures = {
        "FLOPs forward": flops_text(cost.forward),
        "FLOPs backward": flops_text(cost.backward),
        "parameters": bytes_text(cost.parameters + cost.buffers),
        "gradients": bytes_text(cost.gradients),
        "optimizer": bytes_text(cost.optimizer),
        "activations": bytes_text(cost.activations),
        "batch": bytes_text(cost.batch),
        "at most": bytes_text(cost.peak),
    }
    known = ", ".join(f"{name} = {size:,}" for name, size in sorted(cost.sizes.items()))
    yield f"a step of training in float32{f', {known}' if known else ''}:"
    for name, text in figures.items():
        yield f"  {name:15} {text or '0'}"
    free = sorted(cost.symbols)
    if free:
        yield f"  --set-dim {' '.join(f'{name}=…' for name in free)} gives numbers"
    for block, path in cost.not_counted.items():
        yield f"  not counted: `{block}`, at `{path}`: nobody has stated its cost"
    yield from (f"  {note}" for note in cost.notes)


def _tables(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """One table, or where that is too wide the costs in one of their own."""
    lines = list(_table(rows, 3))
    if max(map(len, lines)) <= WIDTH:
        yield from lines
        return
    yield from _table([row[:COSTS] for row in rows], 3)
    yield ""
    yield from _table([(row[0], *row[COSTS:]) for row in rows if any(row[COSTS:])], 1)
    yield ""


def _table(rows: Sequence[tuple[str, ...]], numbers: int) -> Iterator[str]:
    """Columns as wide as they need to be; from column `numbers` on set to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [
            cell.rjust(width) if i >= numbers else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
        if number == 0:
            yield "  ".join("-" * width for width in widths)
