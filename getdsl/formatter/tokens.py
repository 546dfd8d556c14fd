"""The tokens of a spec that parses, each with the comments and blank lines around it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

TOKEN = re.compile(
    r'"""[\s\S]*?"""'
    r'|"(?:\\.|[^"\\\n\r])*"'
    r"|#[^\n]*"
    r"|[A-Za-z_][A-Za-z0-9_]*"
    r"|[0-9][0-9_]*\.[0-9][0-9_]*(?:[eE][+-]?[0-9]+)?|[0-9][0-9_]*[eE][+-]?[0-9]+|[0-9][0-9_]*"
    r"|->|\?\?|\.\.\.|\.\.|\*\*|//|[=!<>]="
    r"|\S"
)
CLOSERS = (")", "]", "}")


class Aside(NamedTuple):
    """A comment on a line of its own, and whether a blank line stands before it."""

    text: str
    blank: bool


@dataclass(slots=True, eq=False)
class Token:
    """`above` are comments on lines of their own before it, `behind` those that end its line."""

    text: str
    start: int
    end: int
    opens_line: bool
    blank: bool  # a blank line stands before it, below the comments above it
    above: list[Aside] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)


def tokens_of(text: str) -> list[Token]:
    """All tokens of a text, then one without text that holds the comments at its end."""
    found: list[Token] = []
    above: list[Aside] = []
    last = 0
    for match in TOKEN.finditer(text):
        start, end = match.span()
        breaks = text.count("\n", last, start)
        last = end
        if match[0][0] != "#":
            found.append(Token(match[0], start, end, breaks > 0, breaks > 1, above))
            above = []
        elif found and not breaks:
            found[-1].behind.append(match[0].rstrip())
        else:
            above.append(Aside(match[0].rstrip(), breaks > 1))
    found.append(Token("", len(text), len(text), True, False, above))
    return _settled(found)


def _settled(tokens: list[Token]) -> list[Token]:
    """Without commas before a closing bracket, and with the comments around other commas behind them."""
    kept: list[Token] = []
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.text != "," or following is None:
            kept.append(token)
            continue
        if token.above:
            asides = [*token.above, *(Aside(text, False) for text in token.behind)]
            token.above, token.behind, following.above = [], [], [*asides, *following.above]
        before = kept[-1]
        if following.text in CLOSERS:
            before.behind += token.behind
        else:
            token.behind, before.behind = [*before.behind, *token.behind], []
            kept.append(token)
    return kept
