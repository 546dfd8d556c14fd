"""What each name is, for colours that a grammar of words alone cannot give."""

from __future__ import annotations

from typing import NamedTuple

from getdsl.grammar import syntax
from getdsl.lsp.analysis import Analysis
from getdsl.lsp.names import Occurrence
from getdsl.text.source import Span

TYPES = ("class", "function", "method", "parameter", "variable", "property", "typeParameter", "enumMember")
MODIFIERS = ("declaration", "defaultLibrary")
TYPE_OF = {
    "definition": "function",
    "param": "parameter",
    "input": "parameter",
    "name": "variable",
    "output": "property",
    "variable": "variable",
    "size": "typeParameter",
    "key": "property",
    "term": "property",
    "operation": "method",
    "function": "method",
}


class Token(NamedTuple):
    span: Span
    type: str
    declares: bool
    in_library: bool


def tokens(analysis: Analysis) -> list[Token]:
    """The names of a document in order, of which none overlaps another."""
    found: list[Token] = []
    for item in analysis.index.of_file(analysis.source):
        if item.span.end > item.span.start and (not found or item.span.start >= found[-1].span.end):
            found.append(_token(analysis, item))
    return found


def _token(analysis: Analysis, item: Occurrence) -> Token:
    entity = item.entity
    kind, owner = TYPE_OF[entity.kind], entity.owner
    if isinstance(owner, syntax.Definition) and entity.kind == "definition" and owner.kind == "model":
        kind = "class"
    in_library = owner is None or (
        isinstance(owner, syntax.Definition) and analysis.program.unit_of(owner) is None
    )
    return Token(item.span, kind, item.defines, in_library and entity.kind in ("definition", "operation"))
