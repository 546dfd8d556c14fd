"""Pieces of a text that are written anew, and values as the language writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from getdsl.compiler.graph.callee import Callee
from getdsl.compiler.graph.text import argument_text
from getdsl.diagnostics.listing import quoted
from getdsl.text.source import Span


class Edit(NamedTuple):
    start: int
    end: int
    text: str

    @staticmethod
    def of(span: Span, text: str) -> Edit:
        return Edit(span.start, span.end, text)

    @staticmethod
    def at(place: int, text: str) -> Edit:
        return Edit(place, place, text)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after all edits; of those that overlap the later one holds."""
    kept: list[Edit] = []
    for edit in edits:
        kept = [other for other in kept if not _overlap(edit, other)]
        kept.append(edit)
    for edit in sorted(kept, key=lambda item: item.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _overlap(left: Edit, right: Edit) -> bool:
    return left.start < right.end and right.start < left.end


def literal_text(value: object) -> str:
    """A constant as a spec writes it."""
    match value:
        case dict():
            return "{ " + ", ".join(f"{name} = {literal_text(item)}" for name, item in value.items()) + " }"
        case list() | tuple():
            return f"[{', '.join(map(literal_text, value))}]"
        case Callee():
            return str(value)
        case str():
            return quoted(value)
    return argument_text(value)
