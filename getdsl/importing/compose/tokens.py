"""The words of Hydra's override grammar: a key with its sign, and the tokens of a value."""

from __future__ import annotations

import re
from dataclasses import dataclass

from getdsl.importing.config import ConfigError, Place

ID = r"[A-Za-z_][A-Za-z0-9_-]*"
_SPECIAL = r"[A-Za-z_$][A-Za-z0-9_$-]*"
_INDEX = r"(?:0|[1-9](?:_?[0-9])*)"
_PACKAGE = rf"(?:{_SPECIAL}|{_INDEX})(?:\.(?:{_SPECIAL}|{_INDEX}))+|{_SPECIAL}"
KEY = re.compile(
    rf"(?P<sign>\+\+?|~)?(?P<key>{ID}(?:/{ID})+|{_PACKAGE})(?P<at>@(?P<package>{_PACKAGE})?)?(?P<value>=|$)"
)

_POINT = rf"(?:{_INDEX}?\.[0-9](?:_?[0-9])*|{_INDEX}\.)"
_EXPONENT = rf"(?:{_POINT}|{_INDEX})[eE][+-]?[0-9](?:_?[0-9])*"
TOKENS = {  # the longest match counts, and of equal ones the first
    kind: re.compile(pattern)
    for kind, pattern in {
        "(": r"[ \t]*\([ \t]*",
        ",": r"[ \t]*,[ \t]*",
        ")": r"[ \t]*\)",
        "[": r"\[[ \t]*",
        "]": r"[ \t]*\]",
        "{": r"\{[ \t]*",
        "}": r"[ \t]*\}",
        ":": r"[ \t]*:[ \t]*",
        "=": r"[ \t]*=[ \t]*",
        "float": rf"[+-]?(?:{_EXPONENT}|{_POINT}|[Ii][Nn][Ff]|[Nn][Aa][Nn])",
        "integer": rf"[+-]?{_INDEX}",
        "truth": r"[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]",
        "null": r"[Nn][Uu][Ll][Ll]",
        "mark": r"[/\-\\+.$%*@?|]",
        "id": ID,
        "escape": r"(?:\\[\\()\[\]{}:=, \t])+",
        "space": r"[ \t]+",
        "quoted": r'"(?:(?:\\\\)*|.*?[^\\](?:\\\\)*)"|' + r"'(?:(?:\\\\)*|.*?[^\\](?:\\\\)*)'",
        "reference": r"\$\{[^}]+\}",
    }.items()
}
TOKENS["quoted"] = re.compile(TOKENS["quoted"].pattern, re.DOTALL)


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int


def tokens(text: str, place: Place) -> list[Token]:
    """The tokens of a value. Raises ConfigError where something is none."""
    found: list[Token] = []
    position = 0
    while position < len(text):
        ends = {kind: match.end() for kind, item in TOKENS.items() if (match := item.match(text, position))}
        if not ends:
            raise ConfigError(place, f"`{text[position:]}` cannot be read", quoting(text))
        kind = max(ends, key=lambda kind: ends[kind])
        found.append(Token(kind, text[position : ends[kind]], position))
        position = ends[kind]
    return found


def quoting(text: str) -> str:
    """The help for text that is not read as text."""
    quoted = text.replace('"', '\\"')
    return f"""quote the text, for the shell too: `'"{quoted}"'`"""
