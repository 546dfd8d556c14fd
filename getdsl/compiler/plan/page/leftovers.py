"""What is left: keys that reach no tensor of the model, and tensors that no key reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from getdsl.compiler.plan.page.tensor_table import WIDTH, cut
from getdsl.compiler.plan.plan import Leftover, Plan
from getdsl.compiler.plan.suggest.suggestion import ambiguous_lines, rename_block
from getdsl.diagnostics.listing import folded

FATES = ("unexpected", "refused", "dropped")


def leftover_lines(plan: Plan, *, every: bool) -> list[str]:
    """The keys by what became of them, then the tensors that are missing."""
    return [*_keys_left(plan, every), *_missing(plan, every)]


def _keys_left(plan: Plan, every: bool) -> Iterator[str]:
    for number in range(len(plan.headers)):
        for fate in FATES:
            group = [item for item in plan.leftovers if item.source.load == number and item.fate == fate]
            if group:
                yield f"{fate} from {file_name(plan, number)}: {len(group)}"
                yield from _keys(group, every)


def _missing(plan: Plan, every: bool) -> Iterator[str]:
    absent = [tensor.name for tensor in plan.tensors.values() if tensor.origin == "missing"]
    if absent:
        yield f"missing from every file: {len(absent)}"
        yield from [f"  {name}" for name in absent] if every else _folded(absent)


def _keys(group: Sequence[Leftover], every: bool) -> list[str]:
    if not every and len(group) > 6:
        return _folded([item.source.key for item in group])
    width = max(len(item.source.key) for item in group)
    return [cut(f"  {item.source.key:{width}}  {list(item.shape)}  {item.why}", WIDTH) for item in group]


def _folded(names: Iterable[str]) -> list[str]:
    return [f"  {name}" + (f"  ({count})" if count > 1 else "") for name, count in folded(names).items()]


def file_name(plan: Plan, number: int) -> str:
    """A file as the plan's lines name it."""
    return plan.headers[number].request.location.rstrip("/").split("/")[-1]


def suggestion_lines(plan: Plan) -> list[str]:
    """What to paste into each `load` whose keys do not match, and what nothing tells."""
    lines: list[str] = []
    for number, suggestion in plan.suggestions.items():
        lines += [f"# load {number + 1}: {file_name(plan, number)}", *rename_block(suggestion)]
        lines += [f"# {line}" for line in ambiguous_lines(suggestion)]
    return lines or ["# there is nothing to propose"]
