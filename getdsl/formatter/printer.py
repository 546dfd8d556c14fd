"""Docs to lines: what does not fit a line is broken where it may be."""

from __future__ import annotations

from dataclasses import dataclass

from getdsl.formatter.docs import Bracket, Chain, Doc, Joined, Word

WIDTH = 100  # of a line, comments and docstrings apart
INDENT = 4
ARROW = 3  # how far to the left of a value the arrows stand that go on with it


@dataclass(slots=True)
class Line:
    text: str
    comment: str = ""


class Printer:
    """Writes to its last line until that is broken; then the next word begins a line at `indent`."""

    def __init__(self) -> None:
        self.lines: list[Line] = [Line("")]
        self.indent = 0
        self.broken = False

    @property
    def column(self) -> int:
        return self.indent if self.broken else len(self.lines[-1].text)

    @property
    def line_indent(self) -> int:
        """Where the current line begins."""
        text = self.lines[-1].text
        return self.indent if self.broken else len(text) - len(text.lstrip(" "))

    def blank_line(self) -> None:
        self.lines.append(Line(""))
        self.broken = True

    def comment(self, text: str) -> None:
        """A comment that ends the current line, or stands on one of its own."""
        if self.broken or self.lines[-1].comment:
            self.lines.append(Line(" " * self.indent, text))
        else:
            self.lines[-1].comment = text
        self.broken = True

    def write(self, text: str) -> None:
        if self.broken:
            text = text.lstrip(" ")
            if not text:
                return
            self.lines.append(Line(" " * self.indent))
            self.broken = False
        first, *others = text.split("\n")  # of a docstring
        self.lines[-1].text += first
        self.lines += [Line(f"{' ' * self.indent}{line}" if line else "") for line in others]

    def fits(self, doc: Doc, tail: int) -> bool:
        return doc.flat is not None and self.column + len(doc.flat) + tail <= WIDTH

    def put(self, doc: Doc, tail: int = 0) -> None:
        """Prints a doc; `tail` is how many characters have to follow on its last line."""
        if doc.flat is not None and (isinstance(doc, Word) or self.fits(doc, tail)):
            self.write(doc.flat)
        elif isinstance(doc, Word):
            self._commented(doc)
        elif isinstance(doc, Joined):
            self._joined(doc, tail)
        elif isinstance(doc, Bracket):
            self._bracket(doc, tail)
        else:
            self.chain(doc, tail)

    def _commented(self, word: Word) -> None:
        for comment in word.above:
            self.broken = True
            self.comment(comment)
        self.write(word.text)
        for comment in word.behind:
            self.comment(comment)

    def _joined(self, doc: Joined, tail: int) -> None:
        for part, after in zip(doc.parts, doc.after(tail), strict=True):
            self.put(part, after)

    def chain(self, doc: Chain, tail: int, hang: int = 0) -> None:
        """A chain over several lines, its operators `hang` to the left of its operands."""
        outer, self.indent = self.indent, max(self.column - hang, 0)
        last = len(doc.links) - 1
        self.put(doc.first)
        for number, (operator, operand) in enumerate(doc.links):
            after = tail if number == last else 0
            width = operator.start + 2 + len(operand.flat or "") + after
            if doc.every or operand.flat is None or self.column + width > WIDTH:
                self.broken = True
            else:
                self.write(" ")
            self.put(operator)
            self.write(" ")
            self.put(operand, after)
        self.indent = outer

    def _bracket(self, doc: Bracket, tail: int) -> None:
        """Items from behind the bracket on, as many on a line as it holds; or, where one is too wide, below.

        Where comments stand among them each has a line, and so has the closing bracket.
        """
        outer, start = self.indent, self.line_indent
        self.put(doc.opens)
        self.write(doc.pad)
        each = any(part.flat is None for part in (doc.opens, *doc.items, doc.closes))
        least = max((item.least for item in doc.items), default=0) + doc.closes.start + tail
        if each or (start + INDENT < self.column and self.column + least > WIDTH):
            self.indent, self.broken = start + INDENT, True
        else:
            self.indent = self.column
        for number, item in enumerate(doc.items):
            after = doc.closes.start + len(doc.pad) + tail if number == len(doc.items) - 1 else 0
            if number and (each or not self.fits(item, after + 1)):
                self.broken = True
            elif number:
                self.write(" ")
            self.put(item, after)
        self.indent = start if each else self.indent
        self.broken |= each
        self.write(doc.pad)
        self.put(doc.closes)
        self.indent = outer
