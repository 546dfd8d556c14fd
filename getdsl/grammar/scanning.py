"""The tokens of a text, by one pattern for each set of those that may come next: what Lark's lexer finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import NamedTuple, TypeAlias

from lark.lexer import BasicLexer, ContextualLexer, PatternStr, TerminalDef

END = "__END"  # the kind of what stands behind the last token
Match: TypeAlias = Callable[[str, int], "re.Match[str] | None"]


class Scanner(NamedTuple):
    """Matches a token, and before it all that is ignored; the group's name is the kind of the token.

    `words` are the kinds of names that are words where this is used.
    """

    match: Match
    words: Mapping[str, str]


class Scanners(dict[int, Scanner]):
    """The scanner for each state of a parser, made when it is first asked for."""

    def __init__(self, lexer: ContextualLexer) -> None:
        super().__init__()
        self.lexers = lexer.lexers

    def __missing__(self, state: int) -> Scanner:
        lexer = self.lexers[state]
        assert isinstance(lexer, BasicLexer)
        scanner = self[state] = _scanner(lexer)
        return scanner


def _scanner(lexer: BasicLexer) -> Scanner:
    words = _words(lexer.terminals)
    inside, tried = {*words.values()}, lexer.terminals  # in this order
    ignored = [item.pattern.to_regexp() for item in tried if item.name in lexer.ignore_types]
    tokens = [
        f"(?P<{item.name}>{item.pattern.to_regexp()})"
        for item in tried
        if item.name not in lexer.ignore_types | inside
    ]
    return Scanner(_matching("|".join(ignored), "|".join(tokens)), words)


def _words(terminals: Iterable[TerminalDef]) -> dict[str, str]:
    """Tokens that other ones would take in, which are told from these when they are found."""
    fixed = [item for item in terminals if isinstance(item.pattern, PatternStr)]
    others = [item for item in terminals if not isinstance(item.pattern, PatternStr)]
    return {
        item.pattern.value: item.name
        for item in fixed
        if any(_takes_in(other, item) for other in others if other.priority == item.priority)
    }


@cache
def _takes_in(other: TerminalDef, fixed: TerminalDef) -> bool:
    return re.fullmatch(other.pattern.to_regexp(), fixed.pattern.value) is not None


@cache
def _matching(ignored: str, tokens: str) -> Match:
    return re.compile(f"(?:{ignored})*+(?:{tokens}|(?P<{END}>\\Z))").match
