"""The peaks of a store, by their names `chr1:100-200`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.places import Ints

Names = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Peaks:
    """P peaks in the order of the store; `start` and `end` are 0-based and half-open.

    `chrom` are numbers in `chromosomes`, which stand in the order in which peaks first lie on them.
    """

    chromosomes: tuple[str, ...]
    chrom: Ints
    start: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.start)

    def named(self, row: int) -> str:
        """A peak as messages name it, with its row from 0: `chr1:100-200 (row 3)`."""
        return f"{self.chromosomes[self.chrom[row]]}:{self.start[row]}-{self.end[row]} (row {row})"

    def order(self) -> Ints:
        """The rows by chromosome, start and end."""
        return np.lexsort((self.end, self.start, self.chrom))


def peaks_of(parts: Iterable[Names], path: str) -> Peaks:
    """The peaks that names tell, part after part. Raises DataError, with the row, where one is none."""
    place: dict[str, int] = {}
    columns: list[tuple[Ints, Ints, Ints]] = []
    row = 0
    for names in parts:
        columns.append(_read(names, row, place, path))
        row += len(names)
    if not row:
        raise DataError(path, "it has no peaks", "give a store with peaks")
    return Peaks(tuple(place), *(np.concatenate(parts) for parts in zip(*columns, strict=True)))


def _read(names: Names, row: int, place: dict[str, int], path: str) -> tuple[Ints, Ints, Ints]:
    """Chromosome, start and end of some names, the first of which stands in `row`."""
    chrom, _, reach = np.char.rpartition(names, ":").T
    start, _, end = np.char.partition(reach, "-").T
    wrong = ~(np.char.isdigit(start) & np.char.isdigit(end)) | (chrom == "")
    _refuse(wrong, names, row, path, "is no peak", "name peaks as `chr1:100-200`")
    first, last = start.astype(np.int64), end.astype(np.int64)
    _refuse(first >= last, names, row, path, "ends before it begins", "write the smaller position first")
    known, at, number = np.unique(chrom, return_index=True, return_inverse=True)
    for name in known[np.argsort(at)].tolist():
        place.setdefault(name, len(place))
    return np.array([place[name] for name in known.tolist()], np.int64)[number], first, last


def _refuse(wrong: Names, names: Names, row: int, path: str, what: str, fix: str) -> None:
    if wrong.any():
        first = int(np.argmax(wrong))
        raise DataError(path, f"row {row + first} of `peak_names`: {str(names[first])!r} {what}", fix)
