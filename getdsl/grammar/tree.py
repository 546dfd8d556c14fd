"""The syntax tree as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from getdsl.grammar import syntax


def syntax_text(file: syntax.File) -> str:
    """The tree, a node a line, what stands inside it below it."""
    return "\n".join(line for item in file.items for line in _tree(item, 0))


def _tree(node: syntax.Node, depth: int) -> Iterator[str]:
    pad, said = "  " * depth, _said(node)
    nested = {name: items for name, value in said.items() if (items := _nodes(value))}
    plain = ", ".join(f"{name}={value!r}" for name, value in said.items() if name not in nested)
    yield f"{pad}{type(node).__name__}({plain})  @{node.span.line}:{node.span.column}"
    for name, items in nested.items():
        yield f"{pad}  {name}:"
        for item in items:
            yield from _tree(item, depth + 2)


def _said(node: syntax.Node) -> dict[str, Any]:
    """The fields of a node that the text gave a value, but for the places of words."""
    values = {name: getattr(node, name) for name in node.__match_args__ if not name.endswith("span")}
    return {name: value for name, value in values.items() if value is not None and value != ()}


def _nodes(value: Any) -> tuple[syntax.Node, ...]:
    """The nodes that a field holds."""
    items = value if isinstance(value, tuple) else (value,)
    return tuple(item for item in items if isinstance(item, syntax.Node))
