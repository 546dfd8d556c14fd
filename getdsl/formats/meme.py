"""Motifs from MEME text files, version 4, as the MEME Suite, JASPAR and HOCOMOCO write them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Never

from getdsl.text.opener import MEBIBYTE, read_bytes

MOST = 64 * MEBIBYTE
Row = tuple[float, float, float, float]

# Files round to as few as two digits; further from 1 than this is a count matrix or a slip, not rounding.
ROW_SUM_TOLERANCE = 0.03


@dataclass(frozen=True, slots=True)
class Motif:
    """A motif: one row of probabilities of A, C, G and T for each position, as written in the file."""

    name: str
    alt: str | None
    matrix: tuple[Row, ...]

    @property
    def width(self) -> int:
        return len(self.matrix)


class MemeError(ValueError):
    """What is wrong in a MEME file, and on which line (1-based; none where the whole file is meant)."""

    def __init__(self, path: str | Path, line: int | None, problem: str) -> None:
        self.path = Path(path)
        self.line = line
        self.problem = problem
        super().__init__(f"{path}{'' if line is None else f':{line}'}: {problem}")


def read_meme(path: str | Path) -> list[Motif]:
    """All motifs of the file, in its order. Raises MemeError, and OSError where the file cannot be opened."""
    motifs = list(_Reader(path, _text(path)).motifs())
    if not motifs:
        raise MemeError(path, None, "no motifs: there is no line that starts with MOTIF")
    return motifs


def count_motifs(path: str | Path) -> int:
    """The number of motifs in the file, which is checked as by `read_meme`."""
    return len(read_meme(path))


def _text(path: str | Path) -> str:
    data = read_bytes(path, MOST)
    if data.startswith(b"\x1f\x8b"):
        raise MemeError(path, None, "not a text file: it is gzip-compressed; decompress it first")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MemeError(path, None, "not a text file") from None
    if "\0" in text:
        raise MemeError(path, None, "not a text file")
    return text


class _Reader:
    """A cursor over the lines of one file."""

    def __init__(self, path: str | Path, text: str) -> None:
        self.path = path
        self.lines = [line.split() for line in text.splitlines()]
        self.next = 0

    def motifs(self) -> Iterator[Motif]:
        while (words := self._peek()) is not None:
            if words[0] == "MOTIF":
                yield self._motif()
                continue
            if words[0].startswith("ALPHABET"):
                self._check_alphabet()
            elif _matrix_header(words):
                self._fail("letter-probability matrix before any MOTIF line")
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

    def _check_alphabet(self) -> None:
        line = self.next + 1
        text = " ".join(self.lines[self.next])
        if "=" in text:
            letters = text.partition("=")[2].strip()
            if letters != "ACGT":
                self._fail(f"ALPHABET is {letters or 'empty'}, and only ACGT can be read")
            return
        letters = "".join(sorted(self._alphabet_block()))
        if letters != "ACGT":
            self._fail(f"ALPHABET defines {letters or 'no letters'}, and only ACGT can be read", line)

    def _alphabet_block(self) -> set[str]:
        """The core letters of an `ALPHABET "name" … END ALPHABET` block: those that no `=` defines."""
        letters: set[str] = set()
        for index in range(self.next + 1, len(self.lines)):
            words = self.lines[index]
            if words[:2] == ["END", "ALPHABET"]:
                self.next = index
                return letters
            if words and "=" not in words:
                letters.add(words[0])
                letters.update(words[i + 1][0] for i, word in enumerate(words[:-1]) if word == "~")
        self._fail("ALPHABET block without END ALPHABET")

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
        while (words := self._peek()) is not None:
            kind = _kind(words)
            if kind == "other" or (kind == "broken row" and len(rows) == width):
                break
            if len(rows) == width:
                self._fail(f"motif {name} has more rows than w= {width} says")
            rows.append(self._row(name, words))
            self.next += 1
        if not rows:
            self._fail(f"motif {name} has an empty letter-probability matrix", header)
        if width is not None and len(rows) < width:
            self._fail(f"motif {name} has {len(rows)} rows and w= {width} says {width}", header)
        return tuple(rows)

    def _row(self, name: str, words: list[str]) -> Row:
        if len(words) != 4:
            self._fail(f"motif {name}: a row of {len(words)} values where A C G T need 4")
        for word in words:
            if not _is_number(word):
                self._fail(f"motif {name}: {word!r} is not a number")
        a, c, g, t = (float(word) for word in words)
        if not all(0 <= value <= 1 + ROW_SUM_TOLERANCE for value in (a, c, g, t)):
            self._fail(f"motif {name}: {' '.join(words)} are not probabilities")
        if abs(a + c + g + t - 1) > ROW_SUM_TOLERANCE:
            self._fail(f"motif {name}: a row sums to {a + c + g + t:.4g}, not to 1")
        return a, c, g, t


def _matrix_header(words: list[str]) -> bool:
    # "letter-probability matrix:" with any spacing, the colon included
    return "".join(words).lower().startswith("letter-probabilitymatrix:")


def _kind(words: list[str]) -> Literal["row", "broken row", "other"]:
    """Whether a line below a matrix header still belongs to the matrix.

    A line that starts otherwise but holds numbers is a broken row, unless it is one that may follow a matrix.
    """
    if _is_number(words[0]):
        return "row"
    if words[0] in {"MOTIF", "URL"} or ":" in "".join(words) or set(words[0]) <= {"-", "*"}:
        return "other"
    return "broken row" if len(words) == 4 or any(_is_number(word) for word in words) else "other"


def _is_number(word: str) -> bool:
    try:
        return not math.isnan(float(word)) and "_" not in word
    except ValueError:
        return False
