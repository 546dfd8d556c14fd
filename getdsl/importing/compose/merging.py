"""Trees put over each other, as OmegaConf merges them."""

from __future__ import annotations

import re

from getdsl.importing.config import ConfigError, Items, Leaf, Node, Table, copied, steps_of

MAX_REFERENCES = 50  # that follow each other
REFERENCE = re.compile(r"\$\{(?P<dots>\.*)(?P<path>[^{}:]+)\}")


def under(table: Table, package: str) -> Table:
    """The table at a package's path."""
    for step in reversed(steps_of(package)):
        outer = Table({}, table.place)
        outer.put(step, table)
        table = outer
    return table


def merge(base: Table, over: Table, root: Table | None = None, at: tuple[str, ...] = ()) -> None:
    """Puts `over` into `base`: tables are merged, everything else is replaced; `???` replaces nothing.

    A table that goes over a reference to another, in the tree that `base` is at `at` of, goes over its copy.
    Raises ConfigError where one has a table and the other a list.
    """
    root = base if root is None else root
    for name, node in over.entries.items():
        below = base.entries.get(name)
        if isinstance(below, Leaf) and isinstance(node, Table | Items):
            below = copied(followed(root, below, (*at, name)))
            base.entries[name] = below
        if isinstance(below, Table) and isinstance(node, Table):
            merge(below, node, root, (*at, name))
        elif below is None or not (isinstance(node, Leaf) and node.value == "???"):
            _check_kinds(name, below, node)
            base.put(name, copied(node), over.keys.get(name))


def followed(root: Table, node: Node, at: tuple[str, ...]) -> Node:
    """What a text refers to that is one reference and no more, where that is there; else the node itself."""
    for _ in range(MAX_REFERENCES):
        text = node.value if isinstance(node, Leaf) and isinstance(node.value, str) else ""
        match = REFERENCE.fullmatch(text)
        if match is None:
            break
        outer = at[: len(at) - len(match["dots"])] if match["dots"] else ()
        at = (*outer, *steps_of(match["path"]))
        found: Node | None = root
        for step in at:
            found = child(found, step) if isinstance(found, Table | Items) else None
        if found is None:
            break
        node = found
    return node


def child(holder: Table | Items, step: str) -> Node | None:
    """What a table has of a name, or a list at a number."""
    if isinstance(holder, Table):
        return holder.entries.get(step)
    return holder.items[int(step)] if step.isdecimal() and int(step) < len(holder.items) else None


def _check_kinds(name: str, below: Node | None, node: Node) -> None:
    kinds = {Table: "a table", Items: "a list"}
    if type(below) in kinds and type(node) in kinds and type(below) is not type(node):
        assert below is not None
        raise ConfigError(
            node.place,
            f"`{name}` is {kinds[type(node)]} here, and {kinds[type(below)]} in {below.place}",
            "make both the same",
        )
