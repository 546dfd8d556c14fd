"""What can be folded: bodies, sections, loops, tables and calls over several lines, runs of comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from getdsl.grammar import syntax
from getdsl.lsp.analysis import Analysis
from getdsl.text.source import Span

HOLDERS = (
    syntax.Definition,
    syntax.Section,
    syntax.For,
    syntax.If,
    syntax.Each,
    syntax.Call,
    syntax.Dict,
    syntax.List,
)


class Fold(NamedTuple):
    span: Span
    is_comment: bool = False


def folds(analysis: Analysis) -> list[Fold]:
    """Each stretch of several lines once, in the order of their beginnings."""
    found = {fold.span.line: fold for fold in reversed([*_nodes(analysis), *_comments(analysis)])}
    return [found[line] for line in sorted(found)]


def _nodes(analysis: Analysis) -> Iterator[Fold]:
    for item in analysis.unit.file.items:
        for node in syntax.walk(item):
            if isinstance(node, HOLDERS) and "\n" in node.span.text:
                yield Fold(node.span)


def _comments(analysis: Analysis) -> Iterator[Fold]:
    """Comments that follow each other with nothing but space between."""
    run: list[Span] = []
    text = analysis.text
    for comment in analysis.unit.file.comments:
        span = comment.span
        if run and text[run[-1].end : span.start].strip():
            run = []
        run.append(span)
        if len(run) > 1:
            yield Fold(run[0].to(span), True)
