"""The Pygments lexer of `.get`, which Pygments finds by its entry point."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from pygments.lexer import RegexLexer, bygroups
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Text,
    Whitespace,
    _TokenType,
)

from getdsl.highlighting import rules

TOKENS: dict[rules.Kind, _TokenType] = {
    "space": Whitespace,
    "comment": Comment.Single,
    "string": String.Double,
    "float": Number.Float,
    "integer": Number.Integer,
    "declaration": Keyword.Declaration,
    "namespace": Keyword.Namespace,
    "keyword": Keyword,
    "section": Keyword.Reserved,
    "subsection": Name.Tag,
    "logic": Operator.Word,
    "constant": Keyword.Constant,
    "type": Keyword.Type,
    "symbol": Name.Constant,
    "class": Name.Class,
    "function": Name.Function,
    "builtin": Name.Builtin,
    "batch": Name.Builtin.Pseudo,
    "binding": Name.Variable,
    "argument": Name.Attribute,
    "attribute": Name.Property,
    "name": Name,
    "operator": Operator,
    "elision": Text,
    "punctuation": Punctuation,
}


def _colours(kinds: Iterable[rules.Kind]) -> Any:
    return bygroups(*(TOKENS[kind] for kind in kinds))  # type: ignore[no-untyped-call]


def _state(of: Iterable[rules.Rule]) -> list[Any]:
    return [
        (rules.COMMENT.pattern, Comment.Single),
        (r'"""', String.Doc, "doc"),
        *((pattern, _colours(kinds)) for pattern, kinds in of),
        (r"\n|[^\S\n]+", Whitespace),
        (r"\{", Punctuation, "statements"),
        (r"[(\[]", Punctuation, "arguments"),
        (r"[})\]]", Punctuation, "#pop"),  # also of another's bracket: what follows is coloured all the same
    ]


class GetLexer(RegexLexer):
    """Specs of getdsl."""

    name = "getdsl"
    aliases: ClassVar[list[str]] = ["getdsl", "get"]
    filenames: ClassVar[list[str]] = ["*.get"]
    mimetypes: ClassVar[list[str]] = ["text/x-getdsl"]
    tokens: ClassVar[dict[str, list[Any]]] = {
        "root": _state(rules.FILE),
        "statements": _state(rules.STATEMENTS),
        "arguments": _state(rules.ARGUMENTS),
        "doc": [(r'[^"]+', String.Doc), (r'"""', String.Doc, "#pop"), (r'"', String.Doc)],
    }
