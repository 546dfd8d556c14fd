"""Comments, which mean nothing to the compiler and are read for those who rewrite or show text."""

from __future__ import annotations

import re

from getdsl.grammar.node import Node, node
from getdsl.text.source import SourceFile, Span

# Strings are matched so that a `#` in them is passed over; one without its end reaches as far as its line.
TOKENS = re.compile(r'"""[\s\S]*?"""|"(?:\\.|[^"\\\n\r])*"|"[^\n]*|#[^\n]*')


@node
class Comment(Node):
    """From its `#` to the last character of its line that is no space."""

    text: str


def read_comments(source: SourceFile) -> tuple[Comment, ...]:
    """The comments of a text, of one that does not parse too."""
    if "#" not in source.text:
        return ()
    found = (match for match in TOKENS.finditer(source.text) if match[0][0] == "#")
    return tuple(_comment(source, match.start(), match[0].rstrip()) for match in found)


def _comment(source: SourceFile, start: int, text: str) -> Comment:
    return Comment(Span(source, start, start + len(text)), text)
