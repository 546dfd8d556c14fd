"""Whether two texts say the same: their syntax trees but for places, and their comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from getdsl.grammar.node import Node, walk
from getdsl.grammar.syntax import File
from getdsl.text.source import Span


def is_same(one: File, other: File) -> bool:
    comments = ([comment.text for comment in file.comments] for file in (one, other))
    first, second = comments
    return first == second and [*_said(one)] == [*_said(other)]


def _said(file: File) -> Iterator[Any]:
    """The nodes of a file, outermost first, each with its values and the number of nodes in its fields."""
    for item in file.items:
        for node in walk(item):
            yield type(node).__name__
            yield [_value(name, getattr(node, name)) for name in node.__match_args__]


def _value(name: str, value: Any) -> Any:
    if isinstance(value, Span):
        return None
    if name == "doc" and isinstance(value, str):  # spaces at the end of its lines are left out
        return [line.rstrip() for line in value.split("\n")]
    if isinstance(value, Node):
        return 1
    if isinstance(value, tuple) and any(isinstance(item, Node) for item in value):
        return len(value)
    return value
