"""Helps whose fix changes whole statements and arguments: what stands twice, too much, or too late.

Each is a plain line where the code around it leaves more than one answer.
"""

from __future__ import annotations

import re

from getdsl.diagnostics.fixes import Edit, Fix, Help, remove, written
from getdsl.text.source import Span, squeezed


def taken_once(second: Span, first: Span, otherwise: str | None = None) -> str | Help | None:
    """The help for what stands twice: where both say the same, the second goes.

    What a loop says again and again stands once.
    """
    if second != first and squeezed(second.text) == squeezed(first.text):
        return remove(second, "take this one away: the first says the same")
    return otherwise


def argument_once(second: Span, first: Span, otherwise: str | None = None) -> str | Help | None:
    """The help for an argument, `name = value` or a value alone, that is given twice."""
    if _value(second) != _value(first):
        return otherwise
    return without_argument(second, "take this one away: the first says the same")


def without_use(path: Span, text: str) -> str | Help:
    """The help that takes a `use` away; `path` is the file's name in quotes."""
    found = re.search(r"\buse\s*$", path.file.text[: path.start])
    return remove(Span(path.file, found.start(), path.end), text) if found is not None else text


def without_argument(place: Span, text: str) -> str | Help:
    """The help that takes an argument away, with the comma that parts it from the others."""
    whole = _with_comma(place)
    return written(text, whole, "", f"take `{place.in_a_line}` away") if whole is not None else text


def unquoted(place: Span, number: str) -> Help:
    """The help for a number in quotes."""
    return written(f"write it without quotes: `{number}`", place, number)


def in_brackets(place: Span) -> Help:
    """The help for an item where a list is wanted."""
    return written(f"write a list: `[{place.text}]`", place, f"[{place.text}]")


def in_front(moved: Span, of: Span, text: str) -> Help:
    """The help that moves a piece, by itself or on lines of its own, in front of an earlier one."""
    gone = remove(moved).fix
    assert gone is not None
    between = "\n" + of.file.text[_line_start(of) : of.start] if _begins_its_line(of) else "  "
    put = Edit(Span(of.file, of.start, of.start), moved.text + between)
    return Help(text, Fix(text, (put, *gone.edits)))


def bound_before(statement: Span, piece: Span, name: str, text: str) -> Help:
    """The help that binds a piece of a statement to a name, in a statement of its own before it."""
    indent = " " * (statement.column - 1)
    before = Edit(Span(statement.file, statement.start, statement.start), f"{name} = {piece.text}\n{indent}")
    return Help(text, Fix(text, (before, Edit(piece, name))))


def _value(argument: Span) -> str:
    return re.sub(r"^\w+ = ?", "", squeezed(argument.text))


def _with_comma(place: Span) -> Span | None:
    """An argument and a comma beside it; None where a comment may stand between them."""
    text = place.file.text
    before = re.search(r",\s*$", text[: place.start])
    behind = re.match(r"\s*,\s*", text[place.end :])
    line = text[text.rfind("\n", 0, place.start) + 1 : place.start]
    if before is not None and "#" not in text[text.rfind("\n", 0, before.start()) + 1 : before.start()]:
        return Span(place.file, before.start(), place.end)
    if behind is not None and "#" not in line:
        return Span(place.file, place.start, place.end + behind.end())
    return place if before is None and behind is None else None


def _line_start(place: Span) -> int:
    return place.file.text.rfind("\n", 0, place.start) + 1


def _begins_its_line(place: Span) -> bool:
    return not place.file.text[_line_start(place) : place.start].strip()
