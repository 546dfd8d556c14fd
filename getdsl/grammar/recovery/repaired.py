"""Text that is parsed in the place of a file's, and the way back to the file's offsets."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter

from getdsl.text.source import SourceFile, Span

Edit = tuple[int, int, str]  # start and end of what is replaced, and what replaces it


@dataclass
class RepairedText:
    """A file's text after edits; offsets of the text are traced back to the file."""

    file: SourceFile
    text: str
    anchors: list[tuple[int, int]] = field(
        default_factory=lambda: [(0, 0)]
    )  # (offset in `text`, in the file)

    def original(self, offset: int) -> int:
        """The file's offset of an offset in the text; what was inserted stands where it was inserted."""
        number = bisect_right(self.anchors, offset, key=itemgetter(0)) - 1
        here, there = self.anchors[number]
        limit = self.anchors[number + 1][1] if number + 1 < len(self.anchors) else len(self.file.text)
        return min(there + offset - here, limit)

    def span(self, start: int, end: int) -> Span:
        return Span(self.file, self.original(start), self.original(end))

    def edited(self, edits: Iterable[Edit]) -> RepairedText:
        """This text with edits of it, which do not overlap."""
        pieces: list[str] = []
        anchors: list[tuple[int, int]] = []
        length = position = 0
        for start, end, new in sorted(edits, key=itemgetter(0, 1)):
            anchors += self._between(position, start, length)
            pieces += [self.text[position:start], new]
            length += start - position
            anchors.append((length, self.original(start)))
            length += len(new)
            position = end
        anchors += self._between(position, len(self.text) + 1, length)
        pieces.append(self.text[position:])
        return RepairedText(self.file, "".join(pieces), anchors)

    def _between(self, start: int, end: int, length: int) -> list[tuple[int, int]]:
        """The anchors of a stretch that is kept, which begins at `length` in the new text."""
        first = bisect_right(self.anchors, start, key=itemgetter(0))
        last = bisect_left(self.anchors, end, key=itemgetter(0))
        kept = [(here + length - start, there) for here, there in self.anchors[first:last]]
        return [(length, self.original(start)), *kept]
