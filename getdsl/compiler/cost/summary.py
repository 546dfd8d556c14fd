"""A graph as a table: every node with its shape, its parameters, and what it costs to train it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from getdsl.compiler.cost.cost import Cost
from getdsl.compiler.cost.tally import step_cost
from getdsl.compiler.cost.weights import trained
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
    learning: Collection[str],
    above: tuple[str, ...] = (),
    path: str = "",
) -> Iterator[tuple[str, ...]]:
    """A row for each node; those of nested graphs, indented, down to `depth` levels.

    `learning` are the weights that train; the names of the graph's own begin with `path`.
    """
    applied: set[str] = set()
    indent = "  " * len(above)
    for node in graph.nodes.values():
        shape = ", ".join(str(type) for type in node.outputs.values())
        count, trainable = _parameters(graph, node, applied, learning, path)
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
            yield from rows(module.graph, depth - 1, cost, learning, nodes, f"{path}{module.name}.")
    for module in graph.modules.values():
        if module.name not in applied:
            count, trainable = _counts(module.tensors(), learning, f"{path}{module.name}.")
            numbers = (_number(count), _number(trainable), "", "")
            yield (f"{indent}{module.name}", module.block, "not applied", *numbers)


def _costs(cost: Cost, nodes: tuple[str, ...]) -> tuple[str, str]:
    line = cost.line(*nodes)
    return ("", "") if line is None else (flops_text(line.forward + line.backward), bytes_text(line.kept))


def _what(graph: Graph, node: Node) -> str:
    if node.kind == "module":
        return graph.modules[node.target].block
    if node.kind == "parameter":
        return "Buffer" if graph.parameters[node.target].kind == "buffer" else "Parameter"
    return node.kind if node.kind == "input" else node.target


def _parameters(
    graph: Graph, node: Node, applied: set[str], learning: Collection[str], path: str
) -> tuple[int, int]:
    """All and trainable parameters of what a node calls; a module's count once."""
    if node.kind == "parameter":
        owned = graph.parameters[node.target]
        return _counts([StateTensor(node.target, owned.shape, owned.kind)], learning, path)
    if node.kind != "module" or node.target in applied:
        return 0, 0
    applied.add(node.target)
    return _counts(graph.modules[node.target].tensors(), learning, f"{path}{node.target}.")


def _counts(tensors: Iterable[StateTensor], learning: Collection[str], path: str = "") -> tuple[int, int]:
    """All parameters, and those that train."""
    sizes = {f"{path}{item.name}": item.size for item in tensors if item.kind != "buffer"}
    return sum(sizes.values()), sum(size for name, size in sizes.items() if name in learning)


def _learning(spec: Spec) -> set[str]:
    """The weights that train: not those that a block or a directive freezes, nor the base of an adapter."""
    model = {tensor.name: tensor for tensor in spec.graph.tensors()}
    learning = trained(spec, model.values())
    if "lora" not in spec.settings:
        return learning
    from getdsl.compiler.directives.adaptable import adaptable
    from getdsl.compiler.directives.directives import read_directives

    lora = read_directives(spec).lora
    patterns = [pattern.text for pattern in lora.on or ()] if lora is not None else []
    return learning.difference(adaptable(patterns, model))


def _number(count: int) -> str:
    return f"{count:,}" if count else ""


def spec_rows(spec: Spec, depth: int = 1, sizes: Mapping[str, int] | None = None) -> list[tuple[str, ...]]:
    """The rows of a spec, below `HEADER`."""
    return list(rows(spec.graph, depth, step_cost(spec, sizes), _learning(spec)))


def summary(spec: Spec, depth: int = 1, sizes: Mapping[str, int] | None = None) -> str:
    """The table of a spec, with its totals; `sizes` sets symbols, such as B, for its costs."""
    learning = _learning(spec)
    total, trainable = _counts(spec.graph.tensors(), learning)
    cost = step_cost(spec, sizes)
    lines = list(_tables([HEADER, *rows(spec.graph, depth, cost, learning)]))
    adapters = " beside the adapters of `lora`, which `getdsl plan` counts" if "lora" in spec.settings else ""
    lines.append(f"{spec.model}: {total:,} parameters, {trainable:,} trainable{adapters}")
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
