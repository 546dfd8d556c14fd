"""The shapes of nodes, shown behind the statements that make them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from getdsl.grammar import syntax
from getdsl.lsp.analysis import Analysis
from getdsl.lsp.features.values import tensors


class Hint(NamedTuple):
    offset: int
    text: str


def hints(analysis: Analysis, start: int, end: int) -> list[Hint]:
    """The shapes of what is bound between two places, but where the text says them itself."""
    found = (hint for item in analysis.unit.file.items for hint in _of(analysis, item))
    return [hint for hint in found if start <= hint.offset <= end]


def _of(analysis: Analysis, item: syntax.Node) -> Iterator[Hint]:
    for node in syntax.walk(item):
        if isinstance(node, syntax.Binding | syntax.Output) and node.type is None:
            value = node.value if isinstance(node, syntax.Binding) else node
            text = tensors(analysis.values(value))
            if text:
                yield Hint(node.span.end, text)
