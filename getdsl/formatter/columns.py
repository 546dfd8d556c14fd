"""Where the parts of rows stand that follow each other: names, types, values, notes, weights in columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from getdsl.formatter.docs import Doc, flat_of
from getdsl.formatter.entries import Braced, Entry, Row
from getdsl.formatter.printer import WIDTH

WIDEST_NAME, WIDEST_TYPE, WIDEST_VALUE = 36, 12, 8  # what is wider reaches over its column


@dataclass(frozen=True, slots=True)
class Columns:
    """How wide the names and types of a run of rows are, where its notes and weights begin; 0: nowhere."""

    name: int = 0
    type: int = 0
    note: int = 0
    weight: int = 0

    @property
    def sign(self) -> int:
        """Where the signs stand, from the beginning of the row."""
        return self.name + 1 + (self.type + 1 if self.type else 0)

    @property
    def value(self) -> int:
        return self.sign + 2


def columns_of(rows: Sequence[Row], indent: int) -> Columns:
    name = _widest((row.name for row in rows if row.type or row.sign), WIDEST_NAME)
    type = _widest((row.type for row in rows if row.sign), WIDEST_TYPE)
    columns = Columns(name, type)
    note = max((_before_note(row, columns) for row in rows), default=0)
    weight = max((_before_weight(row, columns) for row in rows), default=0)
    if any(row.weight and indent + weight + len(row.weight.flat or "") > WIDTH for row in rows):
        weight = 0
    return Columns(name, type, note, weight)


def _widest(docs: Iterable[Doc | None], most: int) -> int:
    widths = (len(doc.flat) for doc in docs if doc is not None and doc.flat is not None)
    return max((width for width in widths if width <= most), default=0)


def _before_note(row: Row, columns: Columns) -> int:
    """Where the note of a row begins; 0 where it has none, or comes behind something wide."""
    if row.note is None:
        return 0
    value = row.value.flat if row.value is not None else ""
    type = row.type.flat if row.type is not None else ""
    if value is None or type is None or len(value) > WIDEST_VALUE or len(type) > WIDEST_TYPE:
        return 0
    return columns.value + len(value) + 1 if row.value else columns.name + len(type) + 2


def _before_weight(row: Row, columns: Columns) -> int:
    """Where the weight of a row begins that is on one line; 0 where there is none."""
    if row.weight is None or row.value is None:
        return 0
    before = flat_of([row.value, *row.clauses], " ")
    return 0 if before is None else columns.value + len(before) + 1


def runs(entries: Sequence[Entry], indent: int) -> list[list[Entry]]:
    """Entries in their order, those together whose columns are shared; braces that fit a line are rows.

    A brace that would not fit once its run is aligned is written open, and parts the run.
    """
    written = [_on_a_line(entry, WIDTH - indent) for entry in entries]
    while True:
        found = _runs(written)
        late = {id(row) for run in found for row in _too_wide(run, indent)}
        if not late:
            return found
        written = [entry.braced if id(entry) in late else entry for entry in written]  # type: ignore[union-attr,misc]


def _on_a_line(entry: Entry, room: int) -> Entry:
    return (entry.on_a_line(room) if isinstance(entry, Braced) else None) or entry


def _runs(entries: Sequence[Entry]) -> list[list[Entry]]:
    found: list[list[Entry]] = []
    for entry in entries:
        if found and _go_together(found[-1][-1], entry):
            found[-1].append(entry)
        else:
            found.append([entry])
    return found


def _go_together(before: Entry, entry: Entry) -> bool:
    parted = entry.around.blank or entry.around.above
    rows = isinstance(before, Row) and isinstance(entry, Row)
    return rows and before.kind == entry.kind != "" and not parted


def _too_wide(run: Sequence[Entry], indent: int) -> list[Row]:
    """The braces among the rows of a run that do not fit their line."""
    rows = [entry for entry in run if isinstance(entry, Row)]
    braced = [row for row in rows if row.braced is not None and row.kind]
    if not braced:
        return []
    sign = indent + columns_of(rows, indent).sign
    return [row for row in braced if row.sign is not None and sign + len(row.sign.flat or "") > WIDTH]
