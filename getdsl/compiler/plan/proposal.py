"""What to write into a `load` whose keys are not the model's names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from getdsl.compiler.graph.graph import StateTensor
from getdsl.compiler.plan.loading import PARTS, Matched, Shape
from getdsl.compiler.plan.patterns import any_covers
from getdsl.compiler.plan.plan import Suggestion
from getdsl.compiler.plan.rewriting import canonical
from getdsl.compiler.plan.suggest import suggest

WORDS = {"shape": "by shape alone", "order": "by order alone"}


def propose(item: Matched, absent: Iterable[str], model: Mapping[str, StateTensor]) -> Suggestion | None:
    """A whole `rename` table for a file, its present rules replaced; None where there is nothing to find."""
    given_up = {left.source.key for left in item.of_fate("dropped")}
    rest = {left.source.key for left in (*item.of_fate("unexpected"), *item.of_fate("refused"))}
    if item.load.replace or not rest or not any(True for _ in absent):
        return None
    start = f"{item.load.into.text}." if item.load.into is not None else ""
    keys: dict[str, Shape] = {
        canonical(key): info.shape
        for key, info in item.header.tensors.items()
        if key not in given_up and not canonical(key).endswith(PARTS)
    }
    new = [pattern.text for pattern in item.load.new]
    names = {
        name.removeprefix(start): tensor.shape
        for name, tensor in model.items()
        if item.load.owes(name) and (name in item.tensors or not any_covers(new, name))
    }
    settled = {canonical(source.key): name.removeprefix(start) for name, source in item.tensors.items()}
    found = suggest(keys, names, settled)
    return found if found.rules or found.ambiguous else None


def rename_block(suggestion: Suggestion) -> list[str]:
    """The block to paste, a line a rule; what rests on little says so."""
    width = max((len(old) for old, _ in suggestion.rules), default=0) + 2
    lines = []
    for old, new in suggestion.rules:
        quoted, weak = f'"{old}"', suggestion.weak.get((old, new))
        lines.append(f'    {quoted:{width}} -> "{new}"' + (f"  # {WORDS[weak]}" if weak else ""))
    return ["rename {", *lines, "}"] if lines else []


def ambiguous_lines(suggestion: Suggestion) -> list[str]:
    return [
        f"ambiguous: {_shown(item.keys)} could be {_shown(item.names)}: {item.why}"
        for item in suggestion.ambiguous
    ]


def _shown(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
