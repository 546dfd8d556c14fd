"""Takes the tokens of a file one after the other, as its syntax tree is walked."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from getdsl.formatter.docs import Doc, Joined, Word
from getdsl.formatter.tokens import Token


class Cursor:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self, text: str | None = None) -> Word:
        """The next token, which has to be `text` where that is given."""
        token = self.next
        assert text is None or token.text == text, f"`{token.text}` stands where `{text}` should"
        self.at += 1
        return Word(token.text, token)

    def take_until(self, end: int) -> list[Word]:
        """The tokens that begin before an offset."""
        found: list[Word] = []
        while self.next.start < end:
            found.append(self.take())
        return found

    def take_above(self) -> Word:
        """The comments above the next token, as a word without text."""
        token = self.next
        word = Word("", Token("", token.start, token.start, token.opens_line, token.blank, token.above))
        token.above = []
        return word

    def in_parentheses(self, start: int, inside: Callable[[], Doc]) -> Doc:
        """What `inside` reads from `start` on, in the parentheses that stand before it."""
        opened: list[Doc] = []
        while self.next.text == "(" and self.next.start < start:
            opened.append(self.take())
        doc = inside()
        if not opened:
            return doc
        return Joined([*opened, doc, *(self.take(")") for _ in opened)])

    def behind(self, end: int) -> list[str]:
        """Takes the comments off the last token that begins before an offset."""
        token = self.tokens[bisect_left(self.tokens, end, key=_start) - 1]
        comments, token.behind = token.behind, []
        return comments


def _start(token: Token) -> int:
    return token.start
