"""A plan as text, at most 100 columns wide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from getdsl.compiler.plan.folding import folded, size
from getdsl.compiler.plan.plan import Adapter, Leftover, Plan, TensorPlan

WIDTH = 100
BLOCKS = ("block", "tensors", "parameters", "origin", "frozen", "adapted", "trainable")
TENSORS = ("tensor", "shape", "origin", "state")
LEFT = ("block", "adapted", *TENSORS)


def plan_table(plan: Plan, *, depth: int = 1, every: bool = False) -> str:
    """A line for each block down to `depth` levels, or for each tensor, and the totals."""
    if every:
        return "\n".join(_lines([TENSORS, *(_tensor_row(plan, tensor) for tensor in plan.tensors.values())]))
    rows = [_block_row(plan, name, group) for name, group in blocks(plan, depth).items()]
    total = list(_block_row(plan, "total", list(plan.tensors.values())))
    total[BLOCKS.index("origin")] = ""
    *lines, last = _lines([BLOCKS, *rows, tuple(total)])
    return "\n".join([*lines, lines[1], last])


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
    parameters = sum(size(tensor.shape) for tensor in tensors if tensor.kind != "buffer")
    frozen = sum(size(tensor.shape) for tensor in tensors if tensor.frozen)
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
    own = size(tensor.shape) if tensor.trainable else 0
    return own + (adapter_size(tensor) if tensor.adapter is not None else 0)


def adapter_size(tensor: TensorPlan) -> int:
    """A [rank, fan_in] and B [fan_out, rank]."""
    assert tensor.adapter is not None
    return tensor.adapter.rank * (tensor.shape[0] + size(tensor.shape[1:]))


def _adapted(adapters: Sequence[Adapter]) -> str:
    if not adapters:
        return ""
    ranks = sorted({adapter.rank for adapter in adapters})
    shown = str(ranks[0]) if len(ranks) == 1 else f"{ranks[0]}-{ranks[-1]}"
    return f"rank {shown}" if len(adapters) == 1 else f"{len(adapters)}, rank {shown}"


def _origins(plan: Plan, tensors: Sequence[TensorPlan]) -> str:
    """`loaded`, with the old names where they differ; counts where a block is of several origins."""
    kinds = list(dict.fromkeys(tensor.origin for tensor in tensors))
    loaded = [tensor for tensor in tensors if tensor.source is not None]
    if len(kinds) > 1:
        counts = [f"{sum(tensor.origin == kind for tensor in tensors)} {kind}" for kind in kinds]
        return ", ".join(counts)
    if not loaded:
        return kinds[0] if kinds else ""
    numbers = sorted({tensor.source.load for tensor in loaded if tensor.source is not None})
    files = f" {'+'.join(str(number + 1) for number in numbers)}" if len(plan.headers) > 1 else ""
    old = folded(tensor.source.key for tensor in loaded if tensor.source and tensor.source.key != tensor.name)
    names = ", ".join(old)
    return (f"from{files}: {names}" if files else f"from {names}") if names else f"loaded{files}"


def _origin(plan: Plan, tensor: TensorPlan) -> str:
    if tensor.source is None:
        return tensor.origin
    over = "".join(f", over {earlier.load + 1}: {earlier.key}" for earlier in tensor.overwritten)
    number = f" {tensor.source.load + 1}" if len(plan.headers) > 1 else ""
    if tensor.source.key == tensor.name:
        return f"loaded{number}{over}"
    return f"from{number}{':' * bool(number)} {tensor.source.key}{over}"


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
    cells = [_cut(cell, width) for cell, width in zip(row, widths, strict=True)]
    return "  ".join(
        cell.ljust(width) if name in LEFT else cell.rjust(width)
        for cell, name, width in zip(cells, header, widths, strict=True)
    ).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


# ---- what is left


def leftover_lines(plan: Plan, *, every: bool) -> list[str]:
    """The keys that reach no tensor of the model, by what became of them."""
    lines: list[str] = []
    for number in range(len(plan.headers)):
        for fate in ("unexpected", "refused", "dropped"):
            group = [item for item in plan.leftovers if item.source.load == number and item.fate == fate]
            if group:
                lines.append(f"{fate} from {file_name(plan, number)}: {len(group)}")
                lines += _keys(group, every)
    absent = [tensor.name for tensor in plan.tensors.values() if tensor.origin == "missing"]
    if absent:
        lines.append(f"missing from every file: {len(absent)}")
        lines += [f"  {name}" for name in absent] if every else _folded(absent)
    return lines


def _keys(group: Sequence[Leftover], every: bool) -> list[str]:
    if not every and len(group) > 6:
        return _folded([item.source.key for item in group])
    width = max(len(item.source.key) for item in group)
    return [_cut(f"  {item.source.key:{width}}  {list(item.shape)}  {item.why}", WIDTH) for item in group]


def _folded(names: Iterable[str]) -> list[str]:
    return [f"  {name}" + (f"  ({count})" if count > 1 else "") for name, count in folded(names).items()]


def file_name(plan: Plan, number: int) -> str:
    """A file as the plan's lines name it."""
    return plan.headers[number].request.location.rstrip("/").split("/")[-1]
