"""Places in a text as editors count them: lines, and units of an encoding in a line."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Literal, NamedTuple

Encoding = Literal["utf-8", "utf-16", "utf-32"]
LINE_END = re.compile(r"\r\n|\n|\r")  # what the protocol takes for one, and nothing else


class Place(NamedTuple):
    """A line, and the units before a place in it, both from 0."""

    line: int
    character: int


class Lines:
    """The lines of a text."""

    def __init__(self, text: str, encoding: Encoding = "utf-16") -> None:
        self.text = text
        self.encoding = encoding
        ends = list(LINE_END.finditer(text))
        self.starts = [0, *(match.end() for match in ends)]
        self.stops = [*(match.start() for match in ends), len(text)]

    def place(self, offset: int) -> Place:
        """Where a character stands; one inside a line's end is at the end of its line."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self.starts, offset) - 1
        before = self.text[self.starts[line] : min(offset, self.stops[line])]
        return Place(line, self._units(before))

    def offset(self, place: Place) -> int:
        """The character at a place; one behind the end of a line, or of the text, is its end."""
        line, units = place
        if line < 0:
            return 0
        if line >= len(self.starts):
            return len(self.text)
        start, stop = self.starts[line], self.stops[line]
        within = self.text[start:stop]
        if self.encoding == "utf-32" or within.isascii():
            return start + max(0, min(units, len(within)))
        for number, char in enumerate(within):
            if units <= 0:
                return start + number
            units -= self._units(char)
        return stop

    def _units(self, text: str) -> int:
        if self.encoding == "utf-32" or text.isascii():
            return len(text)
        if self.encoding == "utf-8":
            return len(text.encode("utf-8", "surrogatepass"))
        return len(text) + sum(char > "\uffff" for char in text)
