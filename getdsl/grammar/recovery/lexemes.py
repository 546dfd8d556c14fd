"""The coarse tokens that recovery reads: strings, brackets and words, also of text that does not parse."""

from __future__ import annotations

import re
from dataclasses import dataclass

LEXEME = re.compile(
    r'"""[\s\S]*?"""|"(?:\\.|[^"\\\n\r])*"|"[^\n]*|#[^\n]*|\x00+|[()\[\]{}]|[^\s"#()\[\]{}\x00]+'
)
CLOSERS = {"(": ")", "[": "]", "{": "}"}
OPENERS = {closer: opener for opener, closer in CLOSERS.items()}


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A token, with its line's indentation where it is the first of its line, else -1."""

    text: str
    start: int
    indent: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def unclosed(self) -> bool:
        """A string without its closing quote."""
        return self.text[0] == '"' and (len(self.text) == 1 or self.text[-1] != '"')


def lexemes(text: str) -> list[Lexeme]:
    """All tokens but comments."""
    found = []
    line_end = -1  # where the last line that has a token was seen to end
    for match in LEXEME.finditer(text):
        start = match.start()
        indent = -1
        if start > line_end:
            indent = start - (text.rfind("\n", 0, start) + 1)
            line_end = _line_end(text, start)
        if match[0][0] == "#":
            continue
        found.append(Lexeme(match[0], start, indent))
        if match.end() > line_end:
            line_end = _line_end(text, match.end())
    return found


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end
