"""Edits that mend a mistake, as data, and what a text becomes by them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from getdsl.text.source import Span


@dataclass(frozen=True)
class Edit:
    """What replaces a piece of a file; an empty piece is a place to insert at."""

    span: Span
    text: str


@dataclass(frozen=True)
class Fix:
    """The one right answer to a mistake: edits of one file, which belong together.

    `alone`: it is that only where no other mistake is left, which may be why this one was made.
    """

    title: str
    edits: tuple[Edit, ...]
    alone: bool = False

    def touches(self, other: Fix) -> bool:
        """Whether their edits overlap, or meet at one place, where their order would matter."""
        return any(
            one.span.file is another.span.file
            and one.span.start <= another.span.end
            and another.span.start <= one.span.end
            for one in self.edits
            for another in other.edits
        )


@dataclass(frozen=True)
class Help:
    """A line of help, and where there is one right answer the fix that does what it says."""

    text: str
    fix: Fix | None = None


def applied(text: str, fixes: Iterable[Fix]) -> str:
    """A file's text with the fixes made, which are of that file and do not touch each other.

    Raises ValueError where they do.
    """
    pieces, position = [], 0
    edits = (edit for fix in fixes for edit in fix.edits)
    for edit in sorted(edits, key=lambda item: (item.span.start, item.span.end)):
        if edit.span.start < position:
            raise ValueError(f"two fixes change one place: {edit.span}")
        pieces += [text[position : edit.span.start], edit.text]
        position = edit.span.end
    return "".join([*pieces, text[position:]])


def apart(fixes: Iterable[Fix]) -> list[Fix]:
    """The first fixes of which none touches another."""
    kept: list[Fix] = []
    for fix in fixes:
        if not any(fix.touches(other) for other in kept):
            kept.append(fix)
    return kept


# ---- helps whose words and whose fix are made of the same


def written(text: str, place: Span, new: str, title: str = "") -> Help:
    """The line of help, and what it says to write at the place instead of what stands there."""
    return Help(text, Fix(title or text, (Edit(place, new),)))


def write(text: str, place: Span) -> Help:
    """The text belongs at the place, instead of what stands there."""
    return written(f"write `{text}`", place, text)


def add(text: str, after: Span, padding: str = "") -> Help:
    """The text is missing behind a place; `padding` is what stands between."""
    return written(f"add `{text}`", Span(after.file, after.end, after.end), padding + text)


def remove(place: Span, text: str = "remove it") -> Help:
    """What stands at a place does not belong there; a line that is left empty goes with it."""
    return written(text, _with_its_line(place), "")


def if_alone(help: Help) -> Help:
    """The help, whose fix is right only where no other mistake is left."""
    return Help(help.text, replace(help.fix, alone=True)) if help.fix is not None else help


def renamed(text: str, place: Span, word: str, meant: str) -> Help:
    """A word at a place, which may hold more, was meant to be another one."""
    at = _within(place, word)
    title = f"write `{meant}` for `{word}`"
    return written(text, at, meant, title) if at is not None else Help(text)


def _within(place: Span, word: str) -> Span | None:
    """Where a word stands in a place, if it does so once."""
    found: list[re.Match[str]] = [*_whole_words(word, place.text)]
    if len(found) != 1:
        return None
    return Span(place.file, place.start + found[0].start(), place.start + found[0].end())


def _whole_words(word: str, text: str) -> Iterator[re.Match[str]]:
    return re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text)


def _with_its_line(place: Span) -> Span:
    """The place, and the line around it where nothing else stands on that."""
    text = place.file.text
    start = text.rfind("\n", 0, place.start) + 1
    end = text.find("\n", place.end)
    end = end + 1 if end >= 0 else len(text)
    alone = not text[start : place.start].strip() and not text[place.end : end].strip()
    if not place.text:
        return place
    return Span(place.file, start, end) if alone else _with_space_before(place)


def _with_space_before(place: Span) -> Span:
    """The place, and the space that parts it from what is before it, where what is behind stays apart."""
    text = place.file.text
    before = text[: place.start]
    apart = not text[place.end : place.end + 1].strip() and not before.endswith("\n")
    return Span(place.file, len(before.rstrip(" ")), place.end) if apart else place
