"""What to write into a `load` whose keys are not the model's names, as data and as text to paste."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from getdsl.diagnostics.listing import first_of

Evidence = Literal["names", "shape", "order"]
WORDS = {"shape": "by shape alone", "order": "by order alone"}


@dataclass(frozen=True)
class Ambiguity:
    """Keys that fit several names, or the other way round."""

    keys: tuple[str, ...]
    names: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Suggestion:
    """Rules that give `resolved` keys their names, and what stays open.

    `weak` rules rest on shapes or on order only.
    """

    rules: tuple[tuple[str, str], ...] = ()
    weak: Mapping[tuple[str, str], Evidence] = field(default_factory=dict)
    ambiguous: tuple[Ambiguity, ...] = ()
    resolved: int = 0
    orders: Mapping[tuple[str, str], tuple[int, ...]] = field(
        default_factory=dict
    )  # of axes, where they turn


def rename_block(suggestion: Suggestion) -> list[str]:
    """The block to paste, a line a rule; what rests on little says so."""
    width = max((len(old) for old, _ in suggestion.rules), default=0) + 2
    lines = []
    for old, new in suggestion.rules:
        quoted, weak = f'"{old}"', suggestion.weak.get((old, new))
        order = ", ".join(map(str, suggestion.orders.get((old, new), ())))
        behind = (f" permute({order})" if order else "") + (f"  # {WORDS[weak]}" if weak else "")
        lines.append(f'    {quoted:{width}} -> "{new}"{behind}')
    return ["rename {", *lines, "}"] if lines else []


def ambiguous_lines(suggestion: Suggestion) -> list[str]:
    return [
        f"ambiguous: {first_of(item.keys, 3)} could be {first_of(item.names, 3)}: {item.why}"
        for item in suggestion.ambiguous
    ]
