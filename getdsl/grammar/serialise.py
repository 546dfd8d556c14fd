"""Syntax trees as plain data, and back: what a cache may keep without running anything of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Any

from getdsl.grammar import syntax
from getdsl.grammar.node import Node
from getdsl.text.source import SourceFile, Span


def file_to_data(file: syntax.File) -> list[Any]:
    """The statements as rows: the name of each node's class, then its fields; spans as pairs of offsets."""
    return [_data(item) for item in file.items]


def data_to_file(data: list[Any], source: SourceFile) -> syntax.File:
    """The file that data was made of; `source` is its text. Raises for data of another make."""
    return syntax.File(source, tuple(_node(row, source) for row in data))


def _data(value: Any) -> Any:
    if isinstance(value, Node):
        return [type(value).__name__, *(_data(getattr(value, name)) for name in value.__match_args__)]
    if isinstance(value, Span):
        return [value.start, value.end]
    return [_data(item) for item in value] if isinstance(value, tuple) else value


def _node(row: Any, source: SourceFile) -> Any:
    made, readers = _kind(row[0])
    return made(*[read(value, source) for read, value in zip(readers, row[1:], strict=True)])


@cache
def _kind(name: str) -> tuple[type[Node], tuple[Callable[[Any, SourceFile], Any], ...]]:
    """A class of nodes, and what reads each of its fields."""
    made = getattr(syntax, name)
    assert issubclass(made, Node)
    return made, tuple(_reader(made, field.name, str(field.type)) for field in fields(made))


def _reader(made: type[Node], name: str, type: str) -> Callable[[Any, SourceFile], Any]:
    if type.startswith("Span"):
        return _span
    return _nodes if name in made.node_fields else _plain


def _span(value: Any, source: SourceFile) -> Span | None:
    return None if value is None else Span(source, *value)


def _nodes(value: Any, source: SourceFile) -> Any:
    """A node, several, or none."""
    if value is None:
        return None
    if value and isinstance(value[0], str):
        return _node(value, source)
    return tuple([_node(row, source) for row in value])


def _plain(value: Any, source: SourceFile) -> Any:
    return tuple(value) if isinstance(value, list) else value
