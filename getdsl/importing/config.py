"""A config as a tree whose every value knows the file and line that it was written at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from getdsl.diagnostics import UserError

STEP = re.compile(r'(\["((?:[^"\\]|\\.)*)"\]|[^.\[\]]+)', re.DOTALL)
AMBIGUOUS = re.compile(r"[.\[\]]")


class ConfigError(UserError):
    """A config that cannot be read or composed: the place, what is wrong there, and how to mend it."""

    def __init__(self, place: Place | str, problem: str, help: str | None = None) -> None:
        super().__init__(f"{place}: {problem}", help)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a config; line 0 is the file as a whole."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(slots=True)
class Leaf:
    """A scalar; text may hold interpolations, unless it is final."""

    value: Any
    place: Place
    final: bool = False


@dataclass(slots=True)
class Items:
    """A list. Lists replace each other where configs are merged."""

    items: list[Node]
    place: Place


@dataclass(slots=True)
class Table:
    entries: dict[str, Node]
    place: Place
    keys: dict[str, Place] = field(default_factory=dict)  # where each key was first written

    def put(self, name: str, node: Node, place: Place | None = None) -> None:
        self.entries[name] = node
        self.keys.setdefault(name, place or node.place)


Node = Leaf | Items | Table


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A value that only a run of Hydra could know, or that is none: `???`, an interpolation that runs code
    or refers to nothing. `mistake` is what is wrong with it, for where it is needed.
    """

    text: str
    why: str
    mistake: ConfigError | None = None


def plain(node: Node) -> Any:
    """The value without its places."""
    match node:
        case Leaf(value=value):
            return value
        case Items(items=items):
            return [plain(item) for item in items]
        case Table(entries=entries):
            return {name: plain(item) for name, item in entries.items()}


def find(root: Node, path: str) -> Node | None:
    """The node at a path such as `model.cfg.betas[0]` or `model.cfg.betas.0`."""
    node: Node | None = root
    for step in steps_of(path):
        if isinstance(node, Table):
            node = node.entries.get(step)
        elif isinstance(node, Items) and step.isdigit() and int(step) < len(node.items):
            node = node.items[int(step)]
        else:
            return None
    return node


def steps_of(path: str) -> list[str]:
    """The keys of a path, of which those with dots or brackets stand in quotes: `a.b`, `a[0]`, `a["b.c"]`."""
    return [
        re.sub(r"\\(.)", r"\1", quoted) if whole.startswith("[") else whole
        for whole, quoted in STEP.findall(path)
    ]


def inside(path: str, step: str) -> str:
    """The path of a key in what stands at `path`."""
    if step and not AMBIGUOUS.search(step):
        return f"{path}.{step}" if path else step
    escaped = re.sub(r'(["\\])', r"\\\1", step)
    return f'{path}["{escaped}"]'


def copied(node: Node) -> Node:
    match node:
        case Leaf():
            return Leaf(node.value, node.place, node.final)
        case Items():
            return Items([copied(item) for item in node.items], node.place)
        case Table():
            return Table(
                {name: copied(item) for name, item in node.entries.items()}, node.place, dict(node.keys)
            )


def leaves(node: Node, path: str = "") -> Iterator[tuple[str, Leaf | Items | Table]]:
    """Every setting with its path: scalars, lists as one, and empty tables."""
    if isinstance(node, Table) and node.entries:
        for name, item in node.entries.items():
            yield from leaves(item, inside(path, name))
    elif path:
        yield path, node
