"""How statements start, for text that does not parse: by their words and by what stands behind them."""

from __future__ import annotations

import re

from getdsl.grammar.words import CONTINUATIONS, DECLARATIONS, DEFINITIONS, FILE_WORDS

DECLARING = "|".join(DECLARATIONS)
TYPED = "|".join(word for word in DECLARATIONS if word != "output")  # `name: type` follows each
LEADING = "|".join(("extern", "remove", "require", "for", "if", *FILE_WORDS))
# What a line may start a statement with; `name =` alone also starts the lines of a long call.
HEADER = re.compile(
    rf"(?:{TYPED})\s+\"?[A-Za-z_][\w.]*\"?[^\S\n]*:"
    r"|output\s+[A-Za-z_]\w*[^\S\n]*(?:[:=\n]|\Z)"
    r"|output[^\S\n]*[:\[]"
    rf"|(?:{LEADING})\b[^\S\n]*(?=[\w\"(])"
    r"|[A-Za-z_]\w*+(?:\[[^\]\n]*\])*[^\S\n]*+(?:=(?!=)|:)"
    r"|(?!else\b)[A-Za-z_]\w*+[^\S\n]*+(?:\"[^\"\n]*\"|\w+)?[^\S\n]*\{"
    r"|\"[^\"\n]*\"[^\S\n]*->"
)
# A line that lacks nothing but the `{` behind it; `train` and the like, which stand alone, are sections.
HEADLESS = re.compile(
    rf"(?:(?:{'|'.join(DEFINITIONS)})\s+\w+(?:\s+extends\s+\w+)?|for\s[^{{}}#]*+|if\s[^{{}}#]*+"
    r"|loss|metrics|data|train|lora|rename|replace|load\s+\"[^\"\n]*\")[^\S\n]*(?:#.*)?"
)
CONTINUES = re.compile(rf"(?:{'|'.join(CONTINUATIONS)})\b")
TABLE_BEFORE = re.compile(r"[=(,\[|]\Z")  # what makes a `{` a table rather than a body
NAMES = re.compile(
    rf"(?:{DECLARING})\s+\"?(?P<declared>[A-Za-z_]\w*)"
    r"|(?P<bound>[A-Za-z_]\w*)(?:\[[^\]\n]*\])*[^\S\n]*[=:]"
)


def holds_statements(bracket: str, before: str) -> bool:
    """Whether an opening bracket holds statements, by the word before it."""
    return bracket == "{" and not TABLE_BEFORE.search(before)


def bound_names(text: str) -> tuple[str, ...]:
    """The names that the statements in a piece of text would bind."""
    matches = (NAMES.match(line.strip()) for line in re.split(r"\n|\{", text))
    found = (match["declared"] or match["bound"] for match in matches if match)
    return tuple(dict.fromkeys(name for name in found if name))
