"""What a piece of syntax says, without where it stands."""

from __future__ import annotations

from functools import lru_cache

from getdsl.grammar.node import Node, walk
from getdsl.text.source import Span

NODE = object()  # one that follows


@lru_cache(maxsize=300)  # trees are large
def structure(node: Node) -> tuple[object, ...]:
    """The same for two nodes that differ in places, layout and comments alone: classes, and what fields hold.

    Strings stand in it as they are, everything else so that it equals no string.
    """
    found: list[object] = []
    for each in walk(node):
        found.append(type(each))
        for name in each.__match_args__:
            _add(found, getattr(each, name))
    return tuple(found)


def _add(found: list[object], value: object) -> None:
    if isinstance(value, str):
        found.append(value)
    elif isinstance(value, Node):
        found.append(NODE)
    elif isinstance(value, tuple):
        found.append(len(value))
        for item in value:
            _add(found, item)
    elif isinstance(value, Span):
        found.append(Span)
    else:
        found.append((repr(value),))
