"""What became of each step of a model: added, removed, renamed, changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from getdsl.diff.pairing import is_renumbered, pair
from getdsl.diff.steps import Reading, Step

Fate = Literal["added", "removed", "renamed", "changed"]
NUMBER = re.compile(r"\b\d[\d.e+-]*")


@dataclass(frozen=True)
class Change:
    """A thing that is otherwise; None where it was not there, or is no more."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class NodeChange:
    """A step that is otherwise; `name` is its path afterwards, `was` the one before."""

    fate: Fate
    name: str
    before: Step | None
    after: Step | None
    was: str = ""
    arguments: tuple[Change, ...] = ()  # the settings and inputs that differ

    @property
    def kind(self) -> str:
        step = self.after or self.before
        assert step is not None
        return step.kind

    @property
    def shapes(self) -> tuple[str, str] | None:
        """Before and after, where they differ."""
        if self.before is None or self.after is None or self.before.shape == self.after.shape:
            return None
        return self.before.shape, self.after.shape

    @property
    def parameters(self) -> tuple[int, int]:
        before, after = (step.parameters if step is not None else 0 for step in (self.before, self.after))
        return before, after

    @property
    def follows(self) -> bool:
        """Whether nothing of the step itself is changed: only what flows through it, or is inside."""
        return self.fate == "changed" and not self.arguments and self.kind != "input"


def node_changes(before: Reading, after: Reading) -> list[NodeChange]:
    """Of all steps of a graph, in the order that they have afterwards, what is gone first."""
    return list(_changes(before, after, "", caused=False))


def _changes(before: Reading, after: Reading, path: str, *, caused: bool) -> Iterator[NodeChange]:
    """`caused`: settings of what holds the graphs differ, so that those inside it follow from them."""
    found = pair(before, after)
    for step in found.removed:
        yield NodeChange("removed", f"{path}{step.name}", step, None)
    both = {new.name: (old, new) for old, new in found.both}
    added = {step.name: step for step in found.added}
    for name in found.order:
        if name in both:
            yield from _of_pair(*both[name], path, caused=caused)
        else:
            yield NodeChange("added", f"{path}{name}", None, added[name])


def _of_pair(old: Step, new: Step, path: str, *, caused: bool) -> Iterator[NodeChange]:
    arguments = tuple(_arguments(old, new, caused=caused))
    renamed = old.name != new.name and (bool(new.tensors) or not is_renumbered(old.name, new.name))
    is_changed = bool(arguments) or (not caused and not path and _counts(old) != _counts(new))
    if renamed or is_changed:
        was = f"{path}{old.name}" if renamed else ""
        yield NodeChange("renamed" if renamed else "changed", f"{path}{new.name}", old, new, was, arguments)
    if old.inside is not None and new.inside is not None:
        follows = caused or old.settings != new.settings
        inside = Reading(old.inside), Reading(new.inside)
        yield from _changes(*inside, f"{path}{new.name}.", caused=follows)


def _counts(step: Step) -> tuple[str, int]:
    return step.shape, step.parameters


def _arguments(old: Step, new: Step, *, caused: bool) -> Iterator[Change]:
    if old.what != new.what:
        yield Change("", _called(old), _called(new))
    elif not caused:
        yield from differing(old.settings, new.settings)
    expressions = [NUMBER.sub("#", step.expression) if caused else step.expression for step in (old, new)]
    if old.what == new.what and expressions[0] != expressions[1]:
        yield Change("reads", old.expression, new.expression)


def _called(step: Step) -> str:
    return f"{step.what}({step.expression})" if step.kind == "operation" else step.what


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """The entries of two tables that are not the same, in the order of the first."""
    names = dict.fromkeys((*before, *after))
    return [
        Change(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    ]
