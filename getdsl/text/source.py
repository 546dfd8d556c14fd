"""Source text and places in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

QUOTED = 80  # characters of code that a message quotes at most


@dataclass(frozen=True, eq=False)
class SourceFile:
    """The text of one file (or of a command-line value), with its lines."""

    name: str
    text: str = field(repr=False)
    path: Path | None = field(default=None)

    @cached_property
    def line_starts(self) -> list[int]:
        starts = [0]
        starts.extend(index + 1 for index, char in enumerate(self.text) if char == "\n")
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of a character offset."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a 1-based line, without its line end."""
        starts = self.line_starts
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters of one file."""

    file: SourceFile
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.file.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.file.position(self.start)[1]

    @property
    def text(self) -> str:
        return self.file.text[self.start : self.end]

    @property
    def in_a_line(self) -> str:
        """The code as a message quotes it: without comments and breaks, and cut where it is long."""
        line = squeezed(self.text)
        return line if len(line) <= QUOTED else f"{line[: QUOTED - 1]}…"

    def to(self, other: Span) -> Span:
        """The range from this span's start to the other's end."""
        return Span(self.file, self.start, other.end)

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line}:{self.column}"


def squeezed(text: str) -> str:
    """Code on one line: what was broken over lines is joined, comments and strings as they are."""
    kept = re.split(r'("(?:\\.|[^"\\])*")', text)
    for i in range(0, len(kept), 2):
        joined = re.sub(r"\s+", " ", re.sub(r"#[^\n]*", "", kept[i]))
        kept[i] = re.sub(r"(?<=[(\[]) | (?=[)\],])", "", joined)
    return "".join(kept).strip()
