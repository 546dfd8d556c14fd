"""Text to syntax tree, with every syntax error reported and none fatal."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from getdsl.diagnostics import Diagnostics
from getdsl.diagnostics.mistakes import syntax as mistakes
from getdsl.grammar import syntax
from getdsl.grammar.builder import TreeBuilder
from getdsl.grammar.tables import parser_of
from getdsl.text.source import SourceFile

MAX_DEPTH = 100
FIRST, LAST = 0, -1
CHAINS = MappingProxyType(  # rules that nest without brackets, and the child in which they go on
    dict.fromkeys(("arrow", "attribute", "binary", "call", "index", "union"), FIRST) | {"coalesce": LAST}
)


def parse(file: SourceFile, diagnostics: Diagnostics) -> syntax.File:
    """The syntax tree of a file; statements that cannot be parsed become `Broken`."""
    return _parse("start", file, diagnostics) or syntax.File(file, ())


def parse_expression(file: SourceFile, diagnostics: Diagnostics) -> syntax.Expr | None:
    """A single expression, such as the right side of a `--set`; None after a report."""
    found: syntax.Expr | None = _parse("expr", file, diagnostics)
    return found


def _parse(start: str, file: SourceFile, diagnostics: Diagnostics) -> Any:
    """The syntax of a text, or of what recovery makes of it; None after a report where all is lost."""
    parse = parser_of(start).parse
    error: UnexpectedInput | None = None
    try:
        tree = parse(file.text)
    except UnexpectedInput as unexpected:
        error = unexpected
    if error is None and "\0" not in file.text:  # which would pass for a mark of recovery
        return _built(TreeBuilder(file, diagnostics), tree)

    from getdsl.grammar import recovery  # late: a text that parses pays nothing for it

    if error is not None and start == "expr":
        recovery.refuse(file, error, diagnostics)
        return None
    mended = recovery.mend(file, parse, diagnostics) if error is not None else recovery.unchanged(file, tree)
    if mended is None:
        return None
    text, tree = mended
    return _built(recovery.RepairedBuilder(text, diagnostics), tree)


def _built(builder: TreeBuilder, tree: Tree[Token]) -> Any:
    """The syntax tree of a parse tree; None after a report where it is too deep for us."""
    deep = _too_deep(tree)
    if deep is not None:
        start, end = deep.meta.start_pos, deep.meta.end_pos
        place = builder.between(start, min(end, start + 1))
        builder.diagnostics.add(mistakes.too_deep(MAX_DEPTH, place))
        return None
    return builder.transform(tree)


def _too_deep(tree: Tree[Token]) -> Tree[Token] | None:
    """The outermost part that lies too deep; in a chain such as `a + b + c` nothing lies deeper than `c`."""
    level = [tree]
    for _ in range(MAX_DEPTH):
        inner: list[Tree[Token]] = []
        for item in level:  # which grows by what its chains go on with
            goes_on = CHAINS.get(item.data)
            last = len(item.children) - 1
            for number, child in enumerate(item.children):
                if isinstance(child, Tree):
                    (level if goes_on in (number, number - last - 1) else inner).append(child)
        if not inner:
            return None
        level = inner
    return next((item for item in level if not item.meta.empty), None)
