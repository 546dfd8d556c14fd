"""The syntax tree as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from getdsl.grammar import syntax

DEEPEST = 60  # levels that are shown by their indentation; those below say their number


def syntax_text(file: syntax.File) -> str:
    """The tree, a node a line, what stands inside it below it."""
    return "\n".join(line for item in file.items for line in _tree(item))


def _tree(node: syntax.Node) -> Iterator[str]:
    waiting: list[tuple[syntax.Node | str, int]] = [(node, 0)]
    while waiting:
        item, depth = waiting.pop()
        pad = "  " * depth if depth <= DEEPEST else f"{'  ' * DEEPEST}({depth}) "
        if isinstance(item, str):
            yield f"{pad}{item}:"
            continue
        said = _said(item)
        nested = {name: items for name, value in said.items() if (items := _nodes(value))}
        plain = ", ".join(f"{name}={value!r}" for name, value in said.items() if name not in nested)
        yield f"{pad}{type(item).__name__}({plain})  @{item.span.line}:{item.span.column}"
        for name, items in reversed(nested.items()):
            waiting += [(inner, depth + 2) for inner in reversed(items)]
            waiting.append((name, depth + 1))


def _said(node: syntax.Node) -> dict[str, Any]:
    """The fields of a node that the text gave a value, but for the places of words."""
    values = {name: getattr(node, name) for name in node.__match_args__ if not name.endswith("span")}
    return {name: value for name, value in values.items() if value is not None and value != ()}


def _nodes(value: Any) -> tuple[syntax.Node, ...]:
    """The nodes that a field holds."""
    items = value if isinstance(value, tuple) else (value,)
    return tuple(item for item in items if isinstance(item, syntax.Node))
