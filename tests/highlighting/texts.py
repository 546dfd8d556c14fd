"""Texts that colours are tried on, and what the parser itself makes of each of their pieces."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

from lark.exceptions import UnexpectedInput

from getdsl.grammar.comments import read_comments
from getdsl.grammar.tables import parser_of
from getdsl.text.source import SourceFile

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```get[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
Piece = Literal["comment", "doc", "string", "integer", "float", "name", "word", "mark"]
KINDS: dict[str, Piece] = {
    "DOC": "doc",
    "STRING": "string",
    "INT": "integer",
    "FLOAT": "float",
    "NAME": "name",
}


@cache
def shipped() -> dict[str, str]:
    """The text of every spec and face."""
    paths = (path for room in ("specs", "docs", "getdsl") for path in sorted((ROOT / room).rglob("*.get")))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


@cache
def of_docs() -> dict[str, str]:
    """Each ```get piece of the pages by its page and place; some are wrong on purpose, some shortened."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return {
        f"{page.relative_to(ROOT).as_posix()}:{found.start()}": found[1]
        for page in pages
        for found in FENCE.finditer(page.read_text(encoding="utf-8"))
    }


@cache
def pieces(text: str) -> dict[int, tuple[Piece, str]] | None:
    """The parser's tokens of a text, and its comments, by their offsets; None where it is refused."""
    parser = parser_of("start").parse_interactive(text)
    try:
        tokens = list(parser.exhaust_lexer())
        parser.feed_eof()
    except UnexpectedInput:
        return None
    found: dict[int, tuple[Piece, str]] = {
        token.start_pos or 0: (KINDS.get(token.type, "word" if token.isidentifier() else "mark"), str(token))
        for token in tokens
    }
    for comment in read_comments(SourceFile("spec.get", text)):
        found[comment.span.start] = ("comment", comment.text)
    return found
