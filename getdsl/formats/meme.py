"""Motifs from MEME text files, version 4, as the MEME Suite, JASPAR and HOCOMOCO write them.

JASPAR's own matrices are read too; other formats are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, Never

from getdsl.formats.motifs.alphabet import alphabet_length
from getdsl.formats.motifs.content import read_lines
from getdsl.formats.motifs.jaspar import is_jaspar, read_jaspar
from getdsl.formats.motifs.motif import MemeError, Motif, Row, is_number
from getdsl.formats.motifs.others import other_format

__all__ = ["MemeError", "Motif", "count_motifs", "read_meme"]

# Files round to as few as two digits; further from 1 than this is a count matrix or a slip, not rounding.
ROW_SUM_TOLERANCE = 0.03


def read_meme(path: str | Path) -> list[Motif]:
    """All motifs of the file, in its order. Raises MemeError, and OSError where the file cannot be opened."""
    lines = read_lines(path)
    other = other_format(lines)
    if other is not None:
        raise MemeError(path, None, other)
    motifs = list(read_jaspar(str(path), lines) if is_jaspar(lines) else _Reader(str(path), lines).motifs())
    if not motifs:
        raise MemeError(path, None, "no motifs: there is no line that starts with MOTIF")
    return motifs


def count_motifs(path: str | Path) -> int:
    """The number of motifs in the file, which is checked as by `read_meme`."""
    return len(read_meme(path))


class _Reader:
    """A cursor over the lines of one file."""

    def __init__(self, path: str, lines: Sequence[str]) -> None:
        self.path = path
        self.text = lines
        self.lines = [line.split() for line in lines]
        self.next = 0

    def motifs(self) -> Iterator[Motif]:
        last: str | None = None
        while (words := self._peek()) is not None:
            if words[0] == "MOTIF":
                motif = self._motif()
                last = motif.name
                yield motif
                continue
            if words[0].partition("=")[0] == "ALPHABET":
                self.next += alphabet_length(self.text, self.next, self.path)
                continue
            if _matrix_header(words):
                self._fail(
                    f"motif {last} has a second letter-probability matrix: each needs a MOTIF line of its own"
                    if last is not None
                    else "letter-probability matrix before any MOTIF line"
                )
            self.next += 1

    def _peek(self) -> list[str] | None:
        """The words of the next line that is not blank."""
        while self.next < len(self.lines):
            if self.lines[self.next]:
                return self.lines[self.next]
            self.next += 1
        return None

    def _fail(self, problem: str, line: int | None = None) -> Never:
        raise MemeError(self.path, min(self.next, len(self.lines) - 1) + 1 if line is None else line, problem)

    def _motif(self) -> Motif:
        line = self.next + 1
        words = self.lines[self.next]
        if len(words) < 2:
            self._fail("MOTIF without a name")
        name, alt = words[1], words[2] if len(words) > 2 else None
        self.next += 1
        return Motif(name, alt, self._matrix(name, line))

    def _matrix(self, name: str, motif_line: int) -> tuple[Row, ...]:
        """The rows of the next matrix; what stands before it (a log-odds matrix, say) is passed over."""
        while (words := self._peek()) is not None and words[0] != "MOTIF":
            if _matrix_header(words):
                return self._rows(name, self._width(words))
            self.next += 1
        self._fail(f"motif {name} has no letter-probability matrix", motif_line)

    def _width(self, words: list[str]) -> int | None:
        """What `w=` says, or none where it is missing."""
        fields = " ".join(words).partition(":")[2].replace("=", " = ").split()
        assignments = zip(fields, fields[1:], fields[2:], strict=False)
        given = {key: value for key, sign, value in assignments if sign == "="}
        if given.get("alength", "4") != "4":
            self._fail(f"alength= {given['alength']}: only the four letters ACGT can be read")
        width = given.get("w")
        if width is None:
            return None
        if not width.isdecimal() or int(width) == 0:
            self._fail(f"w= {width} is not a width")
        return int(width)

    def _rows(self, name: str, width: int | None) -> tuple[Row, ...]:
        header = self.next + 1
        self.next += 1
        rows: list[Row] = []
        while (words := self._row_words(rows, width)) is not None:
            if len(rows) == width:
                self._fail(f"motif {name} has more rows than w= {width} says")
            rows.append(self._row(name, words))
            self.next += 1
        if not rows:
            self._fail(f"motif {name} has an empty letter-probability matrix", header)
        if width is not None and len(rows) < width:
            self._fail(f"motif {name} has {len(rows)} rows and w= {width} says {width}", header)
        return tuple(rows)

    def _row_words(self, rows: Sequence[Row], width: int | None) -> list[str] | None:
        """The next row; none where the matrix has ended. Where no width is given, a blank line ends it."""
        if width is None and rows and self._at_blank():
            return None
        words = self._peek()
        if words is None:
            return None
        kind = _kind(words)
        goes_on = kind == "row" or (kind == "comment" and self._row_follows())
        return words if goes_on or (kind == "broken row" and len(rows) != width) else None

    def _at_blank(self) -> bool:
        return self.next < len(self.lines) and not self.lines[self.next]

    def _row_follows(self) -> bool:
        """Whether below a comment there is another row."""
        below = [words for words in self.lines[self.next :] if words and not words[0].startswith("#")]
        return bool(below) and _kind(below[0]) == "row"

    def _row(self, name: str, words: list[str]) -> Row:
        problem = _misspelt(words) or _no_numbers(words)
        if problem is not None:
            self._fail(f"motif {name}: {problem}")
        a, c, g, t = (float(word) for word in words)
        if not all(0 <= value <= 1 + ROW_SUM_TOLERANCE for value in (a, c, g, t)):
            self._fail(f"motif {name}: {' '.join(words)} are not probabilities")
        if abs(a + c + g + t - 1) > ROW_SUM_TOLERANCE:
            self._fail(f"motif {name}: a row sums to {a + c + g + t:.4g}, not to 1")
        return a, c, g, t


def _misspelt(words: list[str]) -> str | None:
    """What a row has that MEME's have not."""
    comment = next((at for at, word in enumerate(words) if word.startswith("#")), None)
    if comment is not None:
        return f"a comment {'among the rows' if comment == 0 else 'behind a row'}, where MEME has none"
    spaced = " ".join(words).replace(",", " ").split()
    if any("," in word for word in words) and len(spaced) >= 4 and all(map(is_number, spaced)):
        return "numbers with commas, and MEME's are separated by spaces, with points"
    return None


def _no_numbers(words: list[str]) -> str | None:
    if len(words) != 4:
        return f"a row of {len(words)} values where A C G T need 4"
    return next((f"{word!r} is not a number" for word in words if not is_number(word)), None)


def _matrix_header(words: list[str]) -> bool:
    # "letter-probability matrix:" with any spacing, the colon included
    return "".join(words).lower().startswith("letter-probabilitymatrix:")


def _kind(words: list[str]) -> Literal["row", "broken row", "comment", "other"]:
    """Whether a line below a matrix header still belongs to the matrix.

    A line that starts otherwise but holds numbers is a broken row, unless it is one that may follow a matrix.
    """
    if words[0].startswith("#"):
        return "comment"
    if is_number(words[0].partition(",")[0]):
        return "row"
    if words[0] in {"MOTIF", "URL"} or ":" in "".join(words) or set(words[0]) <= {"-", "*"}:
        return "other"
    return "broken row" if len(words) == 4 or any(map(is_number, words)) else "other"
