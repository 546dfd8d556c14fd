"""A motif, and what is wrong with a file of motifs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

Row = tuple[float, float, float, float]


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
    """What is wrong in a file of motifs, and on which line (1-based; none where the whole file is meant)."""

    def __init__(self, path: str | Path, line: int | None, problem: str) -> None:
        self.path = Path(path)
        self.line = line
        self.problem = problem
        super().__init__(f"{path}{'' if line is None else f':{line}'}: {problem}")

    def __reduce__(self) -> tuple[type[MemeError], tuple[Path, int | None, str]]:
        return type(self), (self.path, self.line, self.problem)


def is_number(word: str) -> bool:
    """Whether a word is a number as these files write them, which may be infinite but is never NaN."""
    try:
        return not math.isnan(float(word)) and "_" not in word
    except ValueError:
        return False
