"""A plan as text, at most 100 columns wide."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from getdsl.compiler.plan.plan import Adapter, Plan, Provenance, TensorPlan
from getdsl.diagnostics.listing import folded

WIDTH = 100
BLOCKS = ("block", "tensors", "parameters", "origin", "frozen", "adapted", "trainable")
TENSORS = ("tensor", "shape", "origin", "state")
LEFT = ("block", "adapted", *TENSORS)


def plan_table(plan: Plan, *, depth: int = 1, every: bool = False) -> str:
    """A line for each block down to `depth` levels, or for each tensor, and the totals."""
    if every:
        return "\n".join(_lines([TENSORS, *tensor_rows(plan)]))
    *lines, last = _lines([BLOCKS, *block_rows(plan, depth)])
    return "\n".join([*lines, lines[1], last])


def tensor_rows(plan: Plan) -> list[tuple[str, ...]]:
    """A row for each tensor, below `TENSORS`."""
    return [_tensor_row(plan, tensor) for tensor in plan.tensors.values()]


def block_rows(plan: Plan, depth: int = 1) -> list[tuple[str, ...]]:
    """A row for each block down to `depth` levels, below `BLOCKS`, and the totals."""
    rows = [_block_row(plan, name, group) for name, group in blocks(plan, depth).items()]
    total = list(_block_row(plan, "total", list(plan.tensors.values())))
    total[BLOCKS.index("origin")] = ""
    return [*rows, tuple(total)]


def blocks(plan: Plan, depth: int) -> dict[str, list[TensorPlan]]:
    """The tensors by the first steps of their names, in order; a numbered step goes with the one before."""
    found: dict[str, list[TensorPlan]] = {}
    for tensor in plan.tensors.values():
        found.setdefault(_block(tensor.name, depth), []).append(tensor)
    return found


def _block(name: str, depth: int) -> str:
    steps = name.split(".")[:-1] or [name]
    end = 0
    for _ in range(depth):
        end += 1
        while end < len(steps) and steps[end].isdigit() and depth > 1:
            end += 1
    return ".".join(steps[:end])


def _block_row(plan: Plan, name: str, tensors: Sequence[TensorPlan]) -> tuple[str, ...]:
    parameters = sum(math.prod(tensor.shape) for tensor in tensors if tensor.kind != "buffer")
    frozen = sum(math.prod(tensor.shape) for tensor in tensors if tensor.frozen)
    trainable = sum(map(trained, tensors))
    return (
        name,
        f"{len(tensors):,}",
        f"{parameters:,}",
        _origins(plan, tensors),
        f"{frozen:,}" if frozen else "",
        _adapted([tensor.adapter for tensor in tensors if tensor.adapter is not None]),
        f"{trainable:,}" if trainable else "",
    )


def _tensor_row(plan: Plan, tensor: TensorPlan) -> tuple[str, ...]:
    shape = str(list(tensor.shape)).replace(" ", "")
    return tensor.name, shape, _origin(plan, tensor), _state(tensor)


def _state(tensor: TensorPlan) -> str:
    if tensor.adapter is not None:
        return f"adapted, {_adapted([tensor.adapter])}"
    return "buffer" if tensor.kind == "buffer" else "frozen" if tensor.frozen else "trained"


def trained(tensor: TensorPlan) -> int:
    """The numbers of a tensor, or of its adapter, that training changes."""
    own = math.prod(tensor.shape) if tensor.trainable else 0
    return own + (adapter_size(tensor) if tensor.adapter is not None else 0)


def adapter_size(tensor: TensorPlan) -> int:
    """A [rank, fan_in] and B [fan_out, rank]."""
    assert tensor.adapter is not None
    return tensor.adapter.rank * (tensor.shape[0] + math.prod(tensor.shape[1:]))


def _adapted(adapters: Sequence[Adapter]) -> str:
    if not adapters:
        return ""
    ranks = sorted({adapter.rank for adapter in adapters})
    shown = str(ranks[0]) if len(ranks) == 1 else f"{ranks[0]}-{ranks[-1]}"
    many = f"{len(adapters)}, " if len(adapters) > 1 else ""
    return f"{many}rank {shown}, scale {_scales(adapters)}"


def _scales(adapters: Sequence[Adapter]) -> str:
    """alpha / rank, and from least to most where adapters have several."""
    least, most = (f"{each(adapter.scale for adapter in adapters):.4g}" for each in (min, max))
    return least if least == most else f"{least}-{most}"


def _origins(plan: Plan, tensors: Sequence[TensorPlan]) -> str:
    """`loaded`, with the old names where they differ; counts where a block is of several origins."""
    counts = Counter(tensor.origin for tensor in tensors)
    if len(counts) > 1:
        return ", ".join(f"{count} {kind}" for kind, count in counts.items())
    sources = [(tensor.name, tensor.source) for tensor in tensors if tensor.source is not None]
    if not sources:
        return next(iter(counts), "")
    numbers = sorted({source.load for _, source in sources})
    files = f" {'+'.join(str(number + 1) for number in numbers)}" if len(plan.headers) > 1 else ""
    return _from(files, sources)


def _from(files: str, sources: Sequence[tuple[str, Provenance]]) -> str:
    names = ", ".join(folded(source.key for name, source in sources if source.key != name))
    if not names:
        return f"loaded{files}"
    return f"from{files}: {names}" if files else f"from {names}"


def _origin(plan: Plan, tensor: TensorPlan) -> str:
    if tensor.source is None:
        return tensor.origin
    over = "".join(f", over {earlier.load + 1}: {earlier.key}" for earlier in tensor.overwritten)
    number = f" {tensor.source.load + 1}" if len(plan.headers) > 1 else ""
    if tensor.source.key == tensor.name:
        return f"loaded{number}{over}"
    order = f" permuted {tensor.source.permute}" if tensor.source.permute else ""
    return f"from{number}{':' * bool(number)} {tensor.source.key}{order}{over}"


def _lines(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Columns as wide as they need to be, the origin as wide as 100 columns leave it."""
    header, *body = rows
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    origin = header.index("origin")
    spare = WIDTH - (sum(widths) + 2 * (len(widths) - 1) - widths[origin])
    widths[origin] = min(widths[origin], max(spare, 12))
    yield _line(header, header, widths)
    yield "  ".join("-" * width for width in widths)
    for row in body:
        yield _line(row, header, widths)


def _line(row: Sequence[str], header: Sequence[str], widths: Sequence[int]) -> str:
    cells = [cut(cell, width) for cell, width in zip(row, widths, strict=True)]
    return "  ".join(
        cell.ljust(width) if name in LEFT else cell.rjust(width)
        for cell, name, width in zip(cells, header, widths, strict=True)
    ).rstrip()


def cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
