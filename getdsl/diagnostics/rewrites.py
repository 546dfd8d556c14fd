"""Helps whose fix changes whole statements and arguments: what stands twice, too much, or too late.

Each is a plain line where the code around it leaves more than one answer.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from getdsl.diagnostics.fixes import Edit, Fix, Help, remove, written
from getdsl.text.source import Span, squeezed

Both: TypeAlias = tuple[Span, Span]  # what stands twice, or too late: the later and the earlier one


class Piece(NamedTuple):
    """A piece of a statement that can be bound to a new name before it."""

    statement: Span
    span: Span
    name: str


class Output(NamedTuple):
    """An output that can be bound to its name before it; `head` is what stands before its `=`."""

    statement: Span
    name: Span
    head: Span
    value: Span


def taken_once(both: Both, otherwise: str | None = None, again: str | None = None) -> str | Help | None:
    """The help for what stands twice: where both say the same, the second goes.

    What a loop says again and again stands once, which is `again`.
    """
    second, first = both
    if second == first:
        return again or otherwise
    if squeezed(second.text) == squeezed(first.text):
        return remove(second, "take this one away: the first says the same")
    return otherwise


def by_step(word: str) -> str:
    """The help for what a loop gives one name in each of its steps."""
    return f"in a loop write `{word} [name]`, which has a name of its own in each step"


def said_again(both: Both, otherwise: str) -> str | Help | None:
    """The help for a statement that repeats the one right before it."""
    second, first = both
    between = first.file.text[first.end : second.start] if first.end < second.start else "other"
    return taken_once(both, otherwise) if not between.strip() else otherwise


def argument_once(both: Both, otherwise: str | None = None) -> str | Help | None:
    """The help for an argument, `name = value` or a value alone, that is given twice."""
    second, first = both
    if _value(second) != _value(first):
        return otherwise
    return without_argument(second, "take this one away: the first says the same")


def without_use(path: Span, text: str) -> Help:
    """The help that takes a `use` away; `path` is the file's name in quotes."""
    found = re.search(r"\buse\s*$", path.file.text[: path.start])
    return remove(Span(path.file, found.start(), path.end), text) if found is not None else Help(text)


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


def argument_before(late: Span, first: Span, text: str) -> str | Help:
    """The help that moves an argument in front of another one of its call."""
    gone = _with_comma(late)
    if gone is None:
        return text
    moved = (Edit(_at(first, first.start), f"{late.text}, "), Edit(gone, ""))
    return Help(text, Fix(f"put `{late.in_a_line}` first", moved))


def with_argument(call: Span, value: Span | None, name: str, new: str, text: str) -> Help:
    """The help that gives an argument of a call another value, or its value where it has none."""
    if value is not None:
        return written(text, value, new, f"write `{name} = {new}`")
    behind = _at(call, call.end - 1)
    return written(text, behind, f", {name} = {new}", f"add `{name} = {new}`")


def made_by(operation: str, argument: Span | None, call: Span, text: str | None) -> str | Help | None:
    """The help that casts an argument, or without one what flows into a call."""
    if argument is not None:
        return written(text or "", argument, f"{operation}({argument.text})", f"cast `{argument.in_a_line}`")
    if not call.file.text[: call.start].rstrip().endswith("->"):
        return text
    return written(text or "", _at(call, call.start), f"{operation} -> ", f"cast by `{operation}`")


def in_front(both: Both, text: str) -> Help:
    """The help that moves a piece, by itself or on lines of its own, in front of an earlier one."""
    moved, of = both
    start = moved.start if _begins_its_line(moved) else len(moved.file.text[: moved.start].rstrip())
    gone = remove(Span(moved.file, start, moved.end)).fix
    assert gone is not None
    put = Edit(_at(of, of.start), moved.text + _between(of))
    return Help(text, Fix(f"put `{moved.in_a_line}` first", (put, *gone.edits)))


def bound_before(piece: Piece, text: str) -> Help:
    """The help that binds a piece of a statement in a statement of its own."""
    statement, span, name = piece
    before = Edit(_at(statement, statement.start), f"{name} = {span.text}{_between(statement)}")
    return Help(text, Fix(f"bind `{span.in_a_line}` first, as `{name}`", (before, Edit(span, name))))


def output_of_a_binding(output: Output, text: str) -> Help:
    """The help that binds what an output is before it."""
    statement, name, head, value = output
    before = Edit(_at(statement, statement.start), f"{name.text} = {value.text}{_between(statement)}")
    rest = Edit(Span(head.file, head.end, value.end), "")
    return Help(text, Fix(f"bind `{name.text}` before it is an output", (before, rest)))


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


def _at(place: Span, offset: int) -> Span:
    return Span(place.file, offset, offset)


def _between(statement: Span) -> str:
    """What parts a new statement from the one that it is put before."""
    if not _begins_its_line(statement):
        return "  "
    return "\n" + statement.file.text[_line_start(statement) : statement.start]


def _line_start(place: Span) -> int:
    return place.file.text.rfind("\n", 0, place.start) + 1


def _begins_its_line(place: Span) -> bool:
    return not place.file.text[_line_start(place) : place.start].strip()
