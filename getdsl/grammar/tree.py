"""The syntax tree as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from getdsl.grammar import syntax


def syntax_text(file: syntax.File) -> str:
    """The tree, a node a line, what stands inside it below it."""
    return "\n".join(line for item in file.items for line in _tree(item, 0))


def _tree(node: syntax.Node, depth: int) -> Iterator[str]:
    plain: list[str] = []
    nested: list[tuple[str, tuple[syntax.Node, ...]]] = []
    for field in fields(node):
        value = getattr(node, field.name)
        if field.name == "span" or field.name.endswith("_span") or value is None or value == ():
            continue
        if isinstance(value, syntax.Node):
            nested.append((field.name, (value,)))
        elif isinstance(value, tuple) and isinstance(value[0], syntax.Node):
            nested.append((field.name, value))
        else:
            plain.append(f"{field.name}={value!r}")
    yield f"{'  ' * depth}{type(node).__name__}({', '.join(plain)})  @{node.span.line}:{node.span.column}"
    for name, items in nested:
        yield f"{'  ' * (depth + 1)}{name}:"
        for item in items:
            yield from _tree(item, depth + 2)
