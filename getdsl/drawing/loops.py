"""Steps that a loop has made: the same lines of the spec, one time after another, become one box."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import reduce
from typing import NamedTuple

from getdsl.compiler.cost.cost import Line
from getdsl.drawing.picture import BORDER, Box, Edge, End, Inside, Port, Weights

LEAST = 3  # times round from which a loop is folded
LEAST_OUTPUTS = 7  # outputs are what is looked for: a few are shown one by one
LONGEST = 24  # steps in a round at most


class Step(NamedTuple):
    """A box, with what is equal for the boxes of one line of the spec."""

    key: Hashable
    box: Box


class Run(NamedTuple):
    """From `start` on, `rounds` rounds of `period` steps each."""

    start: int
    period: int
    rounds: int

    @property
    def end(self) -> int:
        return self.start + self.period * self.rounds


def folded(steps: Sequence[Step], edges: Sequence[Edge], prefix: str) -> Inside:
    """The boxes with loops folded, inner loops first; edges that cross a fold go through ports of it.

    The steps stand in an order in which each follows what it reads: so do they with a stretch of them
    as one box.
    """
    found, kept = list(steps), tuple(edges)
    while (run := find_run([step.key for step in found])) is not None:
        members = found[run.start : run.end]
        taken = {step.box.id for step in found}
        box, kept = _fold([step.box for step in members], kept, run, prefix, taken)
        key = ("repeat", *(step.key for step in members[: run.period]))
        found[run.start : run.end] = [Step(key, box)]
    return Inside(tuple(step.box for step in found), kept)


def find_run(keys: Sequence[Hashable]) -> Run | None:
    """The first stretch of rounds, with the shortest round first."""
    for period in range(1, min(LONGEST, len(keys) // LEAST) + 1):
        start = 0
        while start + period * LEAST <= len(keys):
            count = _rounds(keys, start, period)
            if count >= _least(keys[start]):
                return Run(start, period, count)
            start += 1
    return None


def _least(key: Hashable) -> int:
    return LEAST_OUTPUTS if isinstance(key, tuple) and key[0] == "output" else LEAST


def _rounds(keys: Sequence[Hashable], start: int, period: int) -> int:
    end = start + period
    while end < len(keys) and keys[end] == keys[end - period]:
        end += 1
    return (end - start) // period


# ---- one fold


def _fold(
    members: Sequence[Box], edges: Sequence[Edge], run: Run, prefix: str, taken: set[str]
) -> tuple[Box, tuple[Edge, ...]]:
    """The box of a run, and the edges around it."""
    inner = {box.id for box in members}
    crossing = [edge for edge in edges if (edge.source.box in inner) != (edge.target.box in inner)]
    entries = _named((edge.source for edge in crossing if edge.target.box in inner), prefix)
    exits = _named((edge.source for edge in crossing if edge.source.box in inner), prefix)
    name = _name(members[: run.period])
    id = f"{prefix}{name}"
    while id in taken:
        id += "×"
    outer, within, types = [], [], {}
    for edge in edges:
        starts, ends = edge.source.box in inner, edge.target.box in inner
        types[edge.source] = edge.type
        if ends and not starts:
            outer.append(Edge(edge.source, End(id, entries[edge.source]), edge.type))
            within.append(Edge(End(BORDER, entries[edge.source]), edge.target, edge.type))
        elif starts and not ends:
            outer.append(Edge(End(id, exits[edge.source]), edge.target, edge.type))
            within.append(Edge(edge.source, End(BORDER, exits[edge.source]), edge.type))
        else:
            (within if starts else outer).append(edge)
    takes, gives = (tuple(Port(port, types[end]) for end, port in ends.items()) for ends in (entries, exits))
    inside = Inside(tuple(members), tuple(dict.fromkeys(within)))
    return _box(id, name, members, run, takes, gives, inside), tuple(dict.fromkeys(outer))


def _box(
    id: str,
    name: str,
    members: Sequence[Box],
    run: Run,
    takes: tuple[Port, ...],
    gives: tuple[Port, ...],
    inside: Inside,
) -> Box:
    first = members[0]
    return Box(
        id,
        name,
        "repeat",
        " → ".join(dict.fromkeys(_whats(members[: run.period]))),
        takes,
        gives,
        _arguments(members) if run.period == 1 else {},
        first.doc if run.period == 1 else "",
        first.place,
        first.code if run.period == 1 else "",
        sum((box.weights for box in members), Weights()),
        reduce(_add, (box.cost for box in members)),
        times=run.rounds,
        inside=inside,
    )


def _named(ends: Iterable[End], prefix: str) -> dict[End, str]:
    """A name of a port for each end that crosses: what gives the tensor, and which of its results it is."""
    return {end: ".".join(filter(None, (end.box.removeprefix(prefix), end.port))) for end in ends}


def _whats(round: Sequence[Box]) -> Iterator[str]:
    """What a round does: its blocks, or where it has none its operations."""
    blocks = [box for box in round if box.kind != "operation"]
    return (box.what for box in blocks or round)


def _name(round: Sequence[Box]) -> str:
    """What the loop binds: `conv` of `conv.0`, `conv.1`; several are listed."""
    families = [re.sub(r"\.[^.]*$", "", box.name) for box in round if "." in box.name]
    return ", ".join(dict.fromkeys(families)) or round[0].name


def _arguments(members: Sequence[Box]) -> dict[str, str]:
    """The arguments; one that differs from round to round as its first and last value."""
    found = {}
    for name, value in members[0].arguments.items():
        last = members[-1].arguments.get(name, value)
        found[name] = value if last == value else f"{value} … {last}"
    return found


def _add(one: Line | None, other: Line | None) -> Line | None:
    if one is None or other is None:
        return one or other
    return Line(one.forward + other.forward, one.backward + other.backward, one.kept + other.kept)
