"""The syntax tree of a text that was repaired, with the places of the file."""

from __future__ import annotations

from lark import Token
from lark.tree import Meta

from getdsl.diagnostics import Diagnostics
from getdsl.diagnostics.mistakes import syntax as mistakes
from getdsl.grammar import syntax
from getdsl.grammar.builder import TreeBuilder
from getdsl.grammar.recovery.headers import bound_names
from getdsl.grammar.recovery.repaired import RepairedText
from getdsl.text.source import Span


class RepairedBuilder(TreeBuilder):
    """Builds `Broken` statements too, which stand where nothing could be parsed."""

    def __init__(self, repaired: RepairedText, diagnostics: Diagnostics) -> None:
        super().__init__(repaired.file, diagnostics)
        self.repaired = repaired

    def between(self, start: int, end: int) -> Span:
        return self.repaired.span(start, end)

    def broken(self, meta: Meta, mark: Token) -> syntax.Broken:
        span = self.place_of(mark)
        if "\0" in span.text:
            self.diagnostics.add(mistakes.meaningless("\0", span))
        return syntax.Broken(span, bound_names(span.text))
