"""The coarse tokens that recovery reads: strings, brackets and words, also of text that does not parse."""

from __future__ import annotations

import re
from dataclasses import dataclass

LEXEME = re.compile(
    r'"""[\s\S]*?"""|"(?:\\.|[^"\\\n\r])*"|"[^\n]*|#[^\n]*|\x00+|[()\[\]{}]|[^\s"#()\[\]{}\x00]+'
)
CLOSERS = {"(": ")", "[": "]", "{": "}"}
OPENERS = {closer: opener for opener, closer in CLOSERS.items()}
# What a line may start a statement with; `name =` alone also starts the lines of a long call.
HEADER = re.compile(
    r"(?:param|input|weight|frozen|buffer)\s+\"?[A-Za-z_][\w.]*\"?[^\S\n]*:"
    r"|output\s+[A-Za-z_]\w*[^\S\n]*(?:[:=\n]|\Z)"
    r"|output[^\S\n]*:"
    r"|(?:use|extern|remove|require|for|if|model|block|source)\b[^\S\n]*(?=[\w\"(])"
    r"|[A-Za-z_]\w*(?:\[[^\]\n]*\])*[^\S\n]*(?:=(?!=)|:)"
    r"|[A-Za-z_]\w*[^\S\n]*(?:\"[^\"\n]*\"|\w+)?[^\S\n]*\{"
    r"|\"[^\"\n]*\"[^\S\n]*->"
)
NAMES = re.compile(
    r"(?:param|input|output|weight|frozen|buffer)\s+\"?(?P<declared>[A-Za-z_]\w*)"
    r"|(?P<bound>[A-Za-z_]\w*)(?:\[[^\]\n]*\])*[^\S\n]*[=:]"
)


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


def bound_names(text: str) -> tuple[str, ...]:
    """The names that the statements in a piece of text would bind."""
    matches = (NAMES.match(line.strip()) for line in re.split(r"\n|\{", text))
    found = (match["declared"] or match["bound"] for match in matches if match)
    return tuple(dict.fromkeys(name for name in found if name))
