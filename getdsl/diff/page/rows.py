"""A comparison as rows under titles, which every page shows in its own way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from getdsl.diagnostics.listing import joined
from getdsl.diff.comparison import Comparison
from getdsl.diff.figures import Figure
from getdsl.diff.nodes import Change, Fate, NodeChange
from getdsl.diff.steps import NOT_APPLIED, Step

Sign = Literal["+", "-", "~", ">", ""]  # nothing: more of the thing above
SIGNS: Mapping[Fate, Sign] = {"added": "+", "removed": "-", "renamed": ">", "changed": "~"}


@dataclass(frozen=True)
class Row:
    """One thing that is otherwise, or more of the thing above it."""

    sign: Sign
    name: str
    label: str  # what of it
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Section:
    title: str
    rows: tuple[Row, ...]


def sections(found: Comparison) -> list[Section]:
    """All that differs, the model first; sections without rows are left out."""
    inputs = [change for change in found.nodes if change.kind == "input"]
    others = [change for change in found.nodes if change.kind != "input"]
    said = dict(found.sections)
    made = {
        "model": _changes(said.pop("model", ())),
        "params": _changes(said.pop("params", ())),
        "inputs": list(_nodes(inputs)),
        "nodes": list(_nodes(others)),
        "outputs": _changes(found.outputs),
        **{name: _changes(changes) for name, changes in said.items()},
    }
    return [Section(title, tuple(rows)) for title, rows in made.items() if rows]


def _changes(changes: Sequence[Change]) -> list[Row]:
    return [_change(change) for change in changes]


def _change(change: Change, label: str = "") -> Row:
    sign: Sign = "+" if change.before is None else "-" if change.after is None else "~"
    return Row(sign, change.name, label, change.before or "", change.after or "")


def _nodes(changes: Sequence[NodeChange]) -> Iterator[Row]:
    """A row for each thing that is changed of a node; those that only follow others are one row."""
    groups = groupby((tuple(_node(change)) for change in changes if not change.follows), _but_for_numbers)
    for _, group in groups:
        yield from _folded(list(group))
    following = [change.name for change in changes if change.follows]
    if following:
        yield Row("~", f"{len(following)} more", "in shape or size alone", "", joined(following, shown=6))


def _but_for_numbers(rows: Sequence[Row]) -> list[Row]:
    return [replace(row, name=re.sub(r"\d+", "*", row.name)) for row in rows]


def _folded(nodes: Sequence[Sequence[Row]]) -> Sequence[Row]:
    """Steps of a loop to which the same has happened, as one."""
    if len(nodes) == 1:
        return nodes[0]
    first, *others = _but_for_numbers(nodes[0])
    return [replace(first, name=f"{first.name} ({len(nodes)})"), *others]


def _node(change: NodeChange) -> Iterator[Row]:
    sign, old, new = SIGNS[change.fate], change.before, change.after
    if old is None or new is None:
        yield Row(sign, change.name, "", _shown(old), _shown(new))
        return
    rows = list(_of_node(change, old, new))
    for number, (label, before, after) in enumerate(rows):
        yield Row("" if number else sign, "" if number else change.name, label, before, after)


def _of_node(change: NodeChange, old: Step, new: Step) -> Iterator[tuple[str, str, str]]:
    if change.was:
        yield "name", change.was, change.name
    for item in change.arguments:
        written = item.name == "reads" and NOT_APPLIED not in (old.expression, new.expression)
        if written and old.source and new.source and old.source != new.source:
            yield "code", old.source, new.source
        else:
            yield item.name, item.before or "", item.after or ""
    if change.shapes is not None and all(change.shapes):
        yield "shape", *change.shapes
    if old.parameters != new.parameters:
        yield "parameters", f"{old.parameters:,}", f"{new.parameters:,}"


def _shown(step: Step | None) -> str:
    """A step as its author wrote it, with its shape and its parameters."""
    if step is None:
        return ""
    count = f"{step.parameters:,} parameters" if step.parameters else ""
    written = "" if step.kind == "input" else step.source or step.what
    return "  ".join(filter(None, (written, step.shape, count)))


def figure_rows(figures: Sequence[Figure]) -> list[Row]:
    """The figures of parts, a name for the first of each, then those of the whole."""
    rows: list[Row] = []
    last = None
    for item in figures:
        sign: Sign = "+" if item.before is None else "-" if item.after is None else "~"
        name = item.part or "in all"
        rows.append(
            Row("", "", item.what, *item.texts) if name == last else Row(sign, name, item.what, *item.texts)
        )
        last = name
    return rows
