"""What stands on lines of its own: rows, and braces with rows inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from getdsl.formatter.docs import Doc, Flat, Word, flat_of
from getdsl.formatter.tokens import Aside

GAP = "  "  # between entries on one line


@dataclass(slots=True)
class Around:
    """What stands around an entry: comments above it, a blank line before it, comments at its end."""

    above: list[Aside] = field(default_factory=list)
    blank: bool = False
    behind: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Row:
    """`name type sign value clauses weight note`, of which all but the name may be absent.

    Rows of one kind that follow each other are aligned; one without a kind stands for itself.
    """

    name: Doc
    type: Doc | None = None
    sign: Doc | None = None
    value: Doc | None = None
    clauses: Sequence[Doc] = ()
    weight: Doc | None = None
    note: Doc | None = None
    kind: str = ""
    around: Around = field(default_factory=Around)
    braced: Braced | None = None  # what this row is on one line, to be written open where it does not fit

    @property
    def flat(self) -> str | None:
        parts = (self.name, self.type, self.sign, self.value, *self.clauses, self.weight, self.note)
        return flat_of((part for part in parts if part is not None), " ")


@dataclass(slots=True)
class Braced:
    """`head { entries }`, and behind an `if` what `else` holds.

    `is_open` where its first entry begins a line, `closing` are the comments above its last brace.
    """

    head: Doc
    opens: Word
    entries: Sequence[Entry]
    closes: Word
    closing: list[Aside]
    is_open: bool
    doc: Word | None = None
    otherwise: Braced | None = None
    kind: str = ""
    around: Around = field(default_factory=Around)

    @property
    def inside(self) -> str | None:
        """From its opening brace on, on one line; None where it has to be open."""
        entries = self._entries()
        ends: list[Flat] = [self.closes, *([self.otherwise] if self.otherwise is not None else [])]
        end = flat_of(ends, " ")
        if self.doc is not None or self.closing or self.opens.flat is None or entries is None or end is None:
            return None
        return f"{{ {entries} {end}" if entries else f"{{{end}"

    @property
    def flat(self) -> str | None:
        return None if self.inside is None or self.head.flat is None else f"{self.head.flat} {self.inside}"

    def _entries(self) -> str | None:
        if not self.entries:
            return ""
        if self.is_open or any(entry.around.above or entry.around.behind for entry in self.entries):
            return None
        return flat_of(self.entries, GAP)

    def on_a_line(self, room: int) -> Row | None:
        """As a row, where it may be one and is no longer than `room`."""
        if self.flat is None or len(self.flat) > room or (self.kind == "definition" and self.entries):
            return None
        if not self.kind:
            return Row(Word(self.flat), around=self.around, braced=self)
        return Row(self.head, sign=Word(self.inside or ""), kind=self.kind, around=self.around, braced=self)


Entry = Row | Braced
