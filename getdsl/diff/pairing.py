"""Which step of one graph is which of another, whatever they are called."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from getdsl.diff.steps import Reading, Step


@dataclass(frozen=True)
class Paired:
    """Steps that are one before and after, in the order of those before, and the others."""

    both: tuple[tuple[Step, Step], ...]
    removed: tuple[Step, ...]
    added: tuple[Step, ...]
    order: tuple[str, ...]  # all names afterwards


def pair(before: Reading, after: Reading) -> Paired:
    """Pairs what has one name, and what is the same but for its name.

    Steps that come first are paired first, and those after them are read with the names that they have
    afterwards. A name that its author gave is worth more than a like content elsewhere, unless what has the
    name is another thing.
    """
    steps = tuple(after.steps())
    open_after = _Open(steps, _alike_by_name(before))
    both: list[tuple[Step, Step]] = []
    left: list[Step] = []
    for step in before.steps():
        other = open_after.counterpart(step)
        if other is None:
            left.append(step)
        else:
            before.names[step.name] = other.name
            both.append((step, other))
    removed = []
    for step in left:  # `relu_1` and the like: where nothing better was found
        other = open_after.of_name(step.name)
        if other is None:
            removed.append(step)
        else:
            both.append((step, other))
    return Paired(
        tuple(both), tuple(removed), tuple(open_after.steps.values()), tuple(step.name for step in steps)
    )


class _Open:
    """The steps after a change that have no counterpart yet."""

    def __init__(self, steps: Iterable[Step], before: dict[str, object]) -> None:
        self.steps = {step.name: step for step in steps}
        self._by_content: dict[object, list[str]] = defaultdict(list)
        for step in self.steps.values():
            if before.get(step.name) != step.alike:  # else it is its own namesake's
                self._by_content[step.content].append(step.name)

    def counterpart(self, step: Step) -> Step | None:
        same = self.steps.get(step.name)
        if same is not None and same.content == step.content:
            return self.of_name(step.name)
        found = next((name for name in self._by_content[step.content] if name in self.steps), None)
        if found is not None:
            return self.of_name(found)
        return self.of_name(step.name) if step.is_named else None

    def of_name(self, name: str) -> Step | None:
        return self.steps.pop(name, None)


def _alike_by_name(reading: Reading) -> dict[str, object]:
    """What each step does, by its name, before any of them is called otherwise."""
    return {step.name: step.alike for step in Reading(reading.graph, reading.derived).steps()}


def is_renumbered(before: str, after: str) -> bool:
    """Whether two names differ in the number that was put behind them only: `x_1` and `x_2`."""
    return re.sub(r"_\d+$", "", before) == re.sub(r"_\d+$", "", after)
