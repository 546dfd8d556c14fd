"""JASPAR's matrices: `>ID NAME`, then the counts of A, C, G and T at each position, a row a letter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from getdsl.formats.motifs.motif import MemeError, Motif, Row, is_number

LETTERS = ("A", "C", "G", "T")


def is_jaspar(lines: Sequence[str]) -> bool:
    """Whether the first lines that say something are a name and a row of counts."""
    said = [line for line in lines if line.strip()][:2]
    return len(said) == 2 and said[0].startswith(">") and not said[1].startswith(">")


def read_jaspar(path: str, lines: Sequence[str]) -> Iterator[Motif]:
    """The motifs, each column of counts as probabilities. Raises MemeError."""
    heads = [number for number, line in enumerate(lines) if line.startswith(">")]
    for head, end in zip(heads, [*heads[1:], len(lines)], strict=True):
        words = lines[head][1:].split()
        if not words:
            raise MemeError(path, head + 1, "`>` without a name")
        numbered = [(at, lines[at]) for at in range(head + 1, end) if lines[at].strip()]
        yield Motif(words[0], words[1] if len(words) > 1 else None, _matrix(path, words[0], head, numbered))


def _matrix(path: str, name: str, head: int, numbered: list[tuple[int, str]]) -> tuple[Row, ...]:
    if len(numbered) != len(LETTERS):
        raise MemeError(path, head + 1, f"motif {name} has {len(numbered)} rows where A C G T need 4")
    rows = [
        _counts(path, name, at, line, letter) for (at, line), letter in zip(numbered, LETTERS, strict=True)
    ]
    for (at, _), row in zip(numbered, rows, strict=True):
        if len(row) != len(rows[0]):
            raise MemeError(path, at + 1, f"motif {name}: {len(row)} counts where A has {len(rows[0])}")
    totals = [sum(column) for column in zip(*rows, strict=True)]
    if 0 in totals:
        raise MemeError(path, head + 1, f"motif {name} has no counts at position {totals.index(0) + 1}")
    a, c, g, t = ([count / total for count, total in zip(row, totals, strict=True)] for row in rows)
    return tuple(zip(a, c, g, t, strict=True))


def _counts(path: str, name: str, at: int, line: str, letter: str) -> list[float]:
    """One row: `A [ 4 19 0 ]`, or the counts alone."""
    words = re.sub(r"[\[\]]", " ", line).split()
    if words and words[0].rstrip(":").upper() in LETTERS:
        if words[0].rstrip(":").upper() != letter:
            raise MemeError(path, at + 1, f"motif {name}: the row of {words[0]} where {letter} must stand")
        words = words[1:]
    for word in words:
        if not is_number(word):
            raise MemeError(path, at + 1, f"motif {name}: {word!r} is not a number")
        if not 0 <= float(word) < float("inf"):
            raise MemeError(path, at + 1, f"motif {name}: {word} is no count")
    if not words:
        raise MemeError(path, at + 1, f"motif {name}: a row without counts")
    return [float(word) for word in words]
