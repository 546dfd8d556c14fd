"""The text of a spec in HTML, with comments, strings, numbers and the language's words told apart."""

from __future__ import annotations

import re
from html import escape

from getdsl.grammar.words import BODY_WORDS, CONTINUATIONS, FILE_WORDS, SECTION_WORDS

WORDS = {*FILE_WORDS, *BODY_WORDS, *SECTION_WORDS, *CONTINUATIONS, "batch", "in", "true", "false", "none"}
TOKEN = re.compile(
    r'(?P<comment>\#[^\n]*)|(?P<string>"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*")'
    rf"|(?P<word>\b(?:{'|'.join(sorted(WORDS))})\b)|(?P<number>\b\d[\d_.]*(?:[eE][+-]?\d+)?\b)"
)


def highlighted(text: str) -> str:
    found, end = [], 0
    for match in TOKEN.finditer(text):
        found.append(escape(text[end : match.start()]))
        found.append(f'<span class="{match.lastgroup}">{escape(match.group())}</span>')
        end = match.end()
    return "".join([*found, escape(text[end:])])
