"""The text of a spec in HTML, with comments, strings, numbers and the language's words told apart."""

from __future__ import annotations

from html import escape
from itertools import groupby

from pygments.token import Comment, Keyword, Number, Operator, String, _TokenType, is_token_subtype

from getdsl.highlighting.lexer import GetLexer

CLASSES = (
    (Comment, "comment"),
    (String, "string"),
    (Number, "number"),
    (Keyword, "word"),
    (Operator.Word, "word"),
)


def highlighted(text: str) -> str:
    """`text` escaped, in `<span class="comment">` and such; which colours they have is the page's."""
    pieces = ((_class(kind), piece) for _, kind, piece in GetLexer().get_tokens_unprocessed(text))
    return "".join(
        _span(name, escape("".join(piece for _, piece in run)))
        for name, run in groupby(pieces, key=lambda item: item[0])
    )


def _class(kind: _TokenType) -> str | None:
    return next((name for family, name in CLASSES if is_token_subtype(kind, family)), None)


def _span(name: str | None, html: str) -> str:
    return html if name is None else f'<span class="{name}">{html}</span>'
