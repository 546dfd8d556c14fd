"""Where statements start and end in balanced text that does not parse, by its lines and braces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from getdsl.grammar.recovery.headers import CONTINUES, HEADER, holds_statements
from getdsl.grammar.recovery.lexemes import CLOSERS, OPENERS, Lexeme, lexemes


@dataclass
class Statement:
    """A stretch of text that is read as one statement, with those inside its braces."""

    start: int
    word: str  # its first word
    indent: int
    end: int = 0
    opener: int | None = None  # where its first `{` is
    children: list[Statement] = field(default_factory=list)

    def walk(self) -> Iterator[Statement]:
        yield self
        for child in self.children:
            yield from child.walk()

    def skeleton(self, text: str) -> str:
        """Its text with the statements inside it blanked out."""
        pieces, position = [], self.start
        for child in self.children:
            pieces += [text[position : child.start], " " * (child.end - child.start)]
            position = child.end
        return "".join([*pieces, text[position : self.end]])


@dataclass
class _Level:
    """An open bracket: what it holds, and whose it is."""

    holds: bool  # statements
    owner: Statement | None
    statements: list[Statement]
    fresh: bool = True  # nothing stands in it yet

    def statement_at(self, text: str, token: Lexeme) -> Statement | None:
        """The statement that the next token belongs to, which it may start."""
        if self.holds and token.text not in OPENERS and _starts(text, token, self):
            self.statements.append(Statement(token.start, _word(text, token.start), token.indent))
        self.fresh = False
        return self.statements[-1] if self.holds and self.statements else self.owner

    def opened(self, token: Lexeme, current: Statement | None, before: str) -> _Level:
        """The bracket that a token opens in a statement; `before` is the token before it."""
        if current is None or not (self.holds and holds_statements(token.text, before)):
            return _Level(self.holds and holds_statements(token.text, before), current, [])
        if current.opener is None:
            current.opener = token.start
        return _Level(True, current, current.children)


def statements(text: str) -> list[Statement]:
    """The statements of a file, outermost ones; each knows those inside it."""
    top = _Level(True, None, [])
    levels = [top]
    before = ""
    for token in lexemes(text):
        current = levels[-1].statement_at(text, token)
        if token.text in CLOSERS:
            levels.append(levels[-1].opened(token, current, before))
        elif token.text in OPENERS and len(levels) > 1:
            current = levels.pop().owner
        if current is not None:
            current.end = token.end
        before = token.text
    return top.statements


def _starts(text: str, token: Lexeme, level: _Level) -> bool:
    """Whether a token starts a statement: by what it says, or by standing below the one before it."""
    if token.text.startswith('"""') or (CONTINUES.match(token.text) and not HEADER.match(text, token.start)):
        return False
    if level.fresh or not level.statements:
        return True
    if token.indent < 0:
        return False
    if HEADER.match(text, token.start):
        return True
    first = level.statements[0].indent
    return 0 <= first == token.indent and re.match(r"[A-Za-z_]", token.text) is not None


def _word(text: str, start: int) -> str:
    match = re.compile(r"\w+").match(text, start)
    return match[0] if match else ""
