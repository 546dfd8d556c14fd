"""Syntax trees as plain data, and back: what a cache may keep without running anything of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, TypeAlias

from getdsl.grammar import syntax
from getdsl.grammar.node import Node, walk
from getdsl.text.source import SourceFile, Span

Read: TypeAlias = Callable[[Any, SourceFile, Sequence[Any]], Any]


def file_to_data(file: syntax.File) -> list[Any]:
    """A row a node, what is inside it before it, and the numbers of the rows that are statements.

    A row is the name of the node's class, then its fields: spans as pairs of offsets, nodes as the numbers
    of their rows. So a chain of any length nests nothing.
    """
    nodes = [node for item in file.items for node in walk(item)][::-1]
    numbers = {node: number for number, node in enumerate(nodes)}
    return [[_row(node, numbers) for node in nodes], [numbers[item] for item in file.items]]


def data_to_file(data: list[Any], source: SourceFile) -> syntax.File:
    """The file that data was made of; `source` is its text. Raises for data of another make."""
    rows, items = data
    nodes: list[Any] = []
    for name, *values in rows:
        made, readers = _kind(name)
        nodes.append(made(*[read(value, source, nodes) for read, value in zip(readers, values, strict=True)]))
    return syntax.File(source, tuple([nodes[number] for number in items]))


def _row(node: Node, numbers: Mapping[Node, int]) -> list[Any]:
    fields = ((name in node.node_fields, getattr(node, name)) for name in node.__match_args__)
    data = (_numbered(value, numbers) if may_hold else _plain_data(value) for may_hold, value in fields)
    return [type(node).__name__, *data]


def _numbered(value: Any, numbers: Mapping[Node, int]) -> Any:
    """The number of a node, those of several, or none."""
    if isinstance(value, tuple):
        return [numbers[item] for item in value]
    return None if value is None else numbers[value]


def _plain_data(value: Any) -> Any:
    if isinstance(value, Span):
        return [value.start, value.end]
    return [*value] if isinstance(value, tuple) else value


@cache
def _kind(name: str) -> tuple[type[Node], tuple[Read, ...]]:
    """A class of nodes, and what reads each of its fields."""
    made = getattr(syntax, name)
    assert issubclass(made, Node)
    return made, tuple(_reader(made, field.name, str(field.type)) for field in fields(made))


def _reader(made: type[Node], name: str, type: str) -> Read:
    if type.startswith("Span"):
        return _span
    return _nodes if name in made.node_fields else _plain


def _span(value: Any, source: SourceFile, nodes: Sequence[Any]) -> Span | None:
    return None if value is None else Span(source, *value)


def _nodes(value: Any, source: SourceFile, nodes: Sequence[Any]) -> Any:
    """A node, several, or none."""
    if isinstance(value, int):
        return nodes[value]
    return None if value is None else tuple([nodes[number] for number in value])


def _plain(value: Any, source: SourceFile, nodes: Sequence[Any]) -> Any:
    return tuple(value) if isinstance(value, list) else value
