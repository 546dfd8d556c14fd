"""What is to be printed, before it is known where lines break: words, and what may break between them.

Each doc knows its text on one line (`flat`, None where a comment ends a line in it), how much of it has to
stand on the line of what is before it (`start`), and how wide it is when all is broken that may be (`least`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeAlias

from getdsl.formatter.tokens import Token


class Flat(Protocol):
    """What may stand on one line."""

    @property
    def flat(self) -> str | None: ...


class Word:
    """Text that nothing breaks, with the comments around it."""

    def __init__(self, text: str, token: Token | None = None) -> None:
        self.text = text
        self.above = [aside.text for aside in token.above] if token is not None else []
        self.behind = token.behind if token is not None else []
        self.flat = None if self.above or self.behind else text
        self.start: int = len(text)
        self.least: int = len(text)


class Joined:
    """Parts without anything between them; a space is a word like others."""

    def __init__(self, parts: Iterable[Doc]) -> None:
        self.parts = tuple(parts)
        self.flat = flat_of(self.parts)
        self.start: int = start_of(self.parts)
        self.least: int = self._least()

    def after(self, tail: int) -> list[int]:
        """For each part, how many characters have to follow it on its line; `tail` is that of the last."""
        found: list[int] = []
        for part in reversed(self.parts):
            found.append(tail)
            tail = part.start + (tail if isinstance(part, Word) else 0)
        return found[::-1]

    def _least(self) -> int:
        """What stands behind a part that may break is one character wide here: a closing bracket."""
        before = least = 0
        for part in self.parts:
            least = max(least, before + part.least)
            before = before + part.start if isinstance(part, Word) else 1
        return least


class Bracket:
    """Items between brackets, each but the last with its comma; `pad` is the space inside."""

    def __init__(self, opens: Word, items: Sequence[Doc], closes: Word, pad: str = "") -> None:
        self.opens, self.items, self.closes, self.pad = opens, items, closes, pad if items else ""
        inside = flat_of(items, " ")
        parts = (opens.flat, inside, closes.flat)
        self.flat = self.pad.join(part for part in parts if part) if None not in parts else None
        begins = opens.start + len(self.pad)
        self.start: int = begins + (items[0].start if items else closes.start)
        self.least: int = begins + max((item.least for item in items), default=0) + closes.start


class Chain:
    """An operand, then operators with operands: a line may break before each operator.

    Where `every`, it breaks before all of them or none.
    """

    def __init__(self, first: Doc, links: Sequence[tuple[Doc, Doc]], *, every: bool = False) -> None:
        self.first, self.links, self.every = first, links, every
        self.flat = flat_of([first, *(part for link in links for part in link)], " ")
        self.start: int = first.start
        self.least: int = max(
            [first.least, *(operator.least + 1 + operand.least for operator, operand in links)]
        )


Doc: TypeAlias = Word | Joined | Bracket | Chain
SPACE = Word(" ")


def flat_of(parts: Iterable[Flat], between: str = "") -> str | None:
    """Parts on one line; None where a comment stands among them."""
    found = []
    for part in parts:
        if part.flat is None:
            return None
        found.append(part.flat)
    return between.join(found)


def start_of(parts: Sequence[Doc]) -> int:
    """How much of some parts must stand on one line with what is before them."""
    width = 0
    for part in parts:
        if not isinstance(part, Word):
            return width + part.start
        width += part.start
    return width
