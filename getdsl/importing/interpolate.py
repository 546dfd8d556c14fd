"""`${…}` in values: references to other values are followed, everything that would run is not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from getdsl.diagnostics import suggestion_or_list
from getdsl.diagnostics.listing import joined as in_words
from getdsl.importing.config import (
    ConfigError,
    Items,
    Leaf,
    Node,
    Place,
    Table,
    Unresolved,
    copied,
    find,
    plain,
    steps_of,
)
from getdsl.importing.yaml_file import MAX_VALUES

MAX_TEXT = 100_000
RUNS = re.compile(r"\s*[A-Za-z_][\w.]*\s*:")  # `oc.env:HOME`, `now:%Y`, a resolver of somebody's
REFERENCE = re.compile(r"\.*[\w\-/@$]*(?:\.[\w\-/@$]+|\[[^\[\]]+\])*")


def resolve(root: Table) -> None:
    """Replaces every interpolation in place by what it stands for.

    What cannot be known without running something becomes `Unresolved`. Raises ConfigError for a
    reference to nothing or in a circle.
    """
    try:
        _Resolver(root).visit(root, ())
    except RecursionError:
        raise ConfigError(root.place, "its interpolations refer to each other too deeply") from None


class TooMuchError(ConfigError):
    """A config whose interpolations make more than any config says."""


@dataclass
class _Resolver:
    root: Table
    running: list[str] = field(default_factory=list)
    count: int = 0

    def visit(self, node: Node, path: tuple[str, ...]) -> None:
        self.count += 1
        if self.count > MAX_VALUES:
            raise TooMuchError(node.place, f"it stands for more than {MAX_VALUES:,} values")
        if isinstance(node, Table):
            for name in list(node.entries):
                node.entries[name] = self.value(node.entries[name], (*path, name))
                self.visit(node.entries[name], (*path, name))
        elif isinstance(node, Items):
            for number, item in enumerate(node.items):
                node.items[number] = self.value(item, (*path, str(number)))
                self.visit(node.items[number], (*path, str(number)))

    def value(self, node: Node, path: tuple[str, ...]) -> Node:
        """The node with its interpolations, if it is text, followed."""
        if not isinstance(node, Leaf) or not isinstance(node.value, str) or node.final:
            return node
        if node.value == "???":
            return Leaf(Unresolved("???", "it has no value yet (`???`)"), node.place)
        if "${" not in node.value:
            return node
        found = self.known(node.value, path, node.place)
        if isinstance(found, Leaf | Items | Table):
            result = copied(found)
            result.place = node.place
            return result
        return Leaf(found, node.place, final=True)

    def known(self, text: str, path: tuple[str, ...], place: Place) -> Any:
        """What the text stands for; what is wrong with it is kept for where it is needed, as Hydra does."""
        shown = ".".join(path)
        if shown in self.running:
            names = in_words([*self.running[self.running.index(shown) :], shown], " -> ")
            raise ConfigError(place, f"values need each other in a circle: {names}", "give one a value")
        self.running.append(shown)
        try:
            return self.text(text, path, place)
        except TooMuchError:
            raise
        except ConfigError as mistake:
            return Unresolved(text, str(mistake).removeprefix(f"{place}: "), mistake)
        finally:
            self.running.pop()

    def text(self, text: str, path: tuple[str, ...], place: Place) -> Any:
        """A node where the text is one reference, else the text with its references put in."""
        parts: list[Any] = []
        position = 0
        while (start := text.find("${", position)) >= 0:
            slashes = len(text[position:start]) - len(text[position:start].rstrip("\\"))
            parts.append(text[position : start - (slashes + 1) // 2])
            if slashes % 2:
                parts.append("${")
                position = start + 2
                continue
            end = _closing(text, start, place)
            parts.append(self.reference(text[start + 2 : end], path, place))
            position = end + 1
        parts.append(text[position:])
        filled = [part for part in parts if part != ""]
        if len(filled) == 1 and not isinstance(filled[0], str):
            return filled[0]
        return self.joined(text, filled, place)

    def joined(self, text: str, parts: list[Any], place: Place) -> Any:
        shown = []
        for part in parts:
            value = plain(part) if isinstance(part, Leaf | Items | Table) else part
            if isinstance(value, Unresolved):
                return Unresolved(text, value.why, value.mistake)
            if isinstance(value, list | dict):
                raise ConfigError(place, f"`{text}` puts a list or a table into a text")
            shown.append(value if isinstance(value, str) else str(value))
        if sum(map(len, shown)) > MAX_TEXT:
            raise TooMuchError(place, f"its interpolations make a text of more than {MAX_TEXT:,} letters")
        return "".join(shown)

    def reference(self, inside: str, path: tuple[str, ...], place: Place) -> Any:
        if "${" in inside:
            named = self.text(inside, path, place)
            if isinstance(named, Leaf):
                named = named.value
            if isinstance(named, Unresolved):
                return named
            inside = str(named)
        if RUNS.match(inside):
            name = inside.split(":")[0].strip()
            return Unresolved("${" + inside + "}", f"`{name}` would run code, and a config is data")
        target = inside.strip()
        if not target or not REFERENCE.fullmatch(target):
            raise ConfigError(place, f"`${{{inside}}}` is no reference", "write `${section.name}`")
        dots = len(target) - len(target.lstrip("."))
        base = path[: len(path) - dots] if dots else ()
        steps = (*base, *steps_of(target))
        return self.follow(steps, target, place)

    def follow(self, steps: tuple[str, ...], shown: str, place: Place) -> Any:
        node: Node = self.root
        for depth, step in enumerate(steps):
            below = find(node, step)
            if below is None:
                known = list(node.entries) if isinstance(node, Table) else []
                raise ConfigError(
                    place,
                    f"`${{{shown}}}` refers to `{'.'.join(steps)}`, which is not there",
                    suggestion_or_list(step, known, "settings there"),
                )
            node = self.value(below, steps[: depth + 1])
        if isinstance(node, Table | Items):
            name = ".".join(steps)
            if any(running == name or running.startswith(f"{name}.") for running in self.running):
                raise ConfigError(place, f"`${{{shown}}}` stands for the table that it is in")
            node = copied(node)
            self.running.append(name)
            try:
                self.visit(node, steps)
            finally:
                self.running.pop()
        return node


def _closing(text: str, start: int, place: Place) -> int:
    depth = 0
    for position in range(start, len(text)):
        if text.startswith("${", position):
            depth += 1
        elif text[position] == "}":
            depth -= 1
            if depth == 0:
                return position
    raise ConfigError(
        place, f"`{text}` has a `${{` without its `}}`", "close it, or write `\\${` for the text"
    )
