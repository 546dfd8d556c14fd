"""Entries to lines: blank lines, comments on lines of their own, rows in columns, braces around rows."""

from __future__ import annotations

from collections.abc import Sequence

from getdsl.formatter.columns import Columns, columns_of, runs
from getdsl.formatter.docs import Chain, Doc, flat_of
from getdsl.formatter.entries import GAP, Braced, Entry, Row
from getdsl.formatter.printer import ARROW, INDENT, WIDTH, Printer
from getdsl.formatter.tokens import Aside

FARTHEST = 72  # where a line ends at most that sets the column of comments
LONGEST = 56  # of a comment that is to fit the width behind it


class Layout(Printer):
    def file(self, entries: Sequence[Entry], ending: Sequence[Aside]) -> str:
        """The text of a file; `ending` are the comments behind its last item."""
        first = 0
        before: Entry | None = None
        for run in runs(entries, 0):
            entry = run[0]
            if before is not None and (_is_definition(before) or _is_definition(entry)):
                _part(entry)
            if isinstance(entry, Braced) or isinstance(before, Braced) or _begins_blank(entry):
                self._comment_column(first)
                first = len(self.lines)
            self._run(run, is_first=before is None)
            before = run[-1]
        self._asides(ending, is_first=before is None)
        self._comment_column(first)
        lines = [f"{line.text}{line.comment}".rstrip() for line in self.lines[1:]]
        return "".join(f"{line}\n" for line in lines)

    def _body(self, entries: Sequence[Entry], is_first: bool) -> None:
        for run in runs(entries, self.indent):
            self._run(run, is_first)
            is_first = False

    def _run(self, run: Sequence[Entry], is_first: bool) -> None:
        """Entries that share their columns."""
        rows = [entry for entry in run if isinstance(entry, Row)]
        columns = columns_of(rows, self.indent)
        for entry in run:
            self._asides(entry.around.above, is_first)
            self._new_line(entry.around.blank and not (is_first and not entry.around.above))
            is_first = False
            if isinstance(entry, Row):
                self._row(entry, columns)
            else:
                self._braced(entry)
            for comment in entry.around.behind:
                self.comment(comment)

    def _new_line(self, blank: bool = False) -> None:
        if blank:
            self.blank_line()
        self.broken = True

    def _asides(self, asides: Sequence[Aside], is_first: bool) -> None:
        for aside in asides:
            self._new_line(aside.blank and not is_first)
            self.comment(aside.text)
            is_first = False

    # ---- rows

    def _row(self, row: Row, columns: Columns) -> None:
        start = self.indent
        self.put(row.name)
        if row.type is not None:
            self._reach(start + columns.name + 1)
            self.put(row.type)
        if row.sign is not None:
            self._reach(start + columns.sign)
            self.put(row.sign)
        if row.value is not None:
            self.write(" ")
            self._value(row, start + columns.weight)
        if row.note is not None:
            self._reach(start + columns.note)
            self.put(row.note)

    def _reach(self, column: int) -> None:
        """Spaces up to a column, one at least."""
        self.write(" " * max(1, column - self.column))

    def _value(self, row: Row, weight: int) -> None:
        """A value and its clauses, on one line or each on lines of its own."""
        assert row.value is not None
        clauses = [*row.clauses, *([row.weight] if row.weight is not None else [])]
        flat = flat_of([row.value, *clauses], " ")
        if flat is not None and self.column + len(flat) <= WIDTH:
            self.write(flat_of([row.value, *row.clauses], " ") or "")
            self._weight(row.weight, weight)
            return
        outer, self.indent = self.indent, self.column
        self._broken_value(row.value)
        for number, clause in enumerate(clauses):
            if number == 0 or not self.fits(clause, 1):
                self.broken = True
            else:
                self.write(" ")
            if clause is row.weight:
                self._weight(clause, weight)
            else:
                self.put(clause)
        self.indent = outer

    def _weight(self, weight: Doc | None, column: int) -> None:
        if weight is not None:
            if not self.broken:
                self._reach(column)
            self.put(weight)

    def _broken_value(self, value: Doc) -> None:
        """A value that does not fit its line; arrows that go on with it stand below its sign."""
        if self.fits(value, 0):
            self.put(value)
        elif isinstance(value, Chain) and value.every:
            self.chain(value, 0, ARROW)
        else:
            self.put(value)

    # ---- braces

    def _braced(self, braced: Braced) -> None:
        self.put(braced.head)
        self.write(" ")
        self.put(braced.opens)
        outer, self.indent = self.indent, self.indent + INDENT
        if braced.doc is not None:
            self.broken = True
            self.put(braced.doc)
        is_first = braced.doc is None
        self._body(braced.entries, is_first)
        self._asides(braced.closing, is_first and not braced.entries)
        self.indent = outer
        self.broken = True
        self.put(braced.closes)
        if braced.otherwise is not None:
            self.write(" ")
            self._braced(braced.otherwise)

    # ---- comments

    def _comment_column(self, first: int) -> None:
        """Puts the comments behind the lines from `first` on into one column, where they fit the width."""
        lines = [line for line in self.lines[first:] if line.comment and line.text.strip()]
        longest = max((len(line.comment) for line in lines if len(line.comment) <= LONGEST), default=0)
        most = min(FARTHEST, WIDTH - len(GAP) - longest)
        column = max((len(line.text) for line in lines if len(line.text) <= most), default=0) + len(GAP)
        for line in lines:
            line.text += " " * max(len(GAP), column - len(line.text))


def _is_definition(entry: Entry) -> bool:
    return isinstance(entry, Braced) and entry.kind == "definition"


def _begins_blank(entry: Entry) -> bool:
    return entry.around.above[0].blank if entry.around.above else entry.around.blank


def _part(entry: Entry) -> None:
    """A blank line before an entry and the comments above it."""
    around = entry.around
    if around.above:
        around.above[0] = around.above[0]._replace(blank=True)
    else:
        around.blank = True
