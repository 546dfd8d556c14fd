"""What all builders share: places in the file, and the values of tokens."""

from __future__ import annotations

import inspect
import math
import re
import textwrap
from typing import Any

from lark import Token, Tree
from lark.tree import Meta

from getdsl.diagnostics import Diagnostics
from getdsl.diagnostics.mistakes import syntax as mistakes
from getdsl.text.source import SourceFile, Span

ESCAPE = re.compile(r"\\(.)")
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


class Places:
    """Reads tokens; reports what the grammar cannot say (a bad escape).

    A builder has a method for each rule of the grammar: it takes where the rule's tree stands, and what its
    children have become.
    """

    def __init__(self, file: SourceFile, diagnostics: Diagnostics) -> None:
        self.file = file
        self.diagnostics = diagnostics

    def transform(self, tree: Tree[Token]) -> Any:
        """What a tree becomes, from its leaves on, whatever its depth."""
        waiting: list[Tree[Token] | Token] = [tree]
        parts: list[Tree[Token] | Token] = []  # each tree before its children, the last of these first
        while waiting:
            part = waiting.pop()
            parts.append(part)
            if isinstance(part, Tree):
                waiting += part.children
        made: list[Any] = []
        for part in reversed(parts):
            if isinstance(part, Tree):
                first = len(made) - len(part.children)
                children = made[first:]
                del made[first:]
                part = getattr(self, part.data)(part.meta, *children)
            made.append(part)
        return made[0]

    def between(self, start: int, end: int) -> Span:
        """The place of a stretch of the text that was parsed."""
        return Span(self.file, start, end)

    def span_of(self, meta: Meta) -> Span:
        return Span(self.file, 0, 0) if meta.empty else self.between(meta.start_pos, meta.end_pos)

    def place_of(self, token: Token) -> Span:
        assert token.start_pos is not None
        assert token.end_pos is not None
        return self.between(token.start_pos, token.end_pos)

    def text_of(self, token: Token) -> str:
        """What a string says."""
        return ESCAPE.sub(lambda match: self.unescaped(token, match), str(token)[1:-1])

    def unescaped(self, token: Token, match: re.Match[str]) -> str:
        char = match[1]
        if char not in ESCAPES:
            start = self.place_of(token).start + 1 + match.start()
            self.diagnostics.add(mistakes.unknown_escape(char, Span(self.file, start, start + 2)))
        return ESCAPES.get(char, char)

    def label_of(self, token: Token) -> str:
        """A name, written bare or in quotes."""
        return self.text_of(token) if token.type == "STRING" else str(token)

    def number_of(self, token: Token, kind: type[int] | type[float]) -> int | float:
        """The value of a number; 1 after a report where it is beyond 64 bits."""
        digits = str(token).replace("_", "")
        value = kind(digits) if len(digits) <= 400 else math.inf
        if abs(value) >= 2**63 and (kind is int or math.isinf(value)):
            self.diagnostics.add(mistakes.number_too_large(self.place_of(token)))
            return 1
        return value

    def doc_of(self, doc: tuple[Token, ...]) -> str | None:
        """The text of a docstring that may be absent."""
        return inspect.cleandoc(textwrap.dedent(str(doc[0])[3:-3])) if doc else None
