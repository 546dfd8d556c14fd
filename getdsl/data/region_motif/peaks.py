"""The peaks of a store, by their names `chr1:100-200`."""

from __future__ import annotations

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


def peaks_of(names: Names, path: str) -> Peaks:
    """The peaks that names tell. Raises DataError, with the row, where one tells none."""
    if not len(names):
        raise DataError(path, "it has no peaks", "give a store with peaks")
    names = np.asarray(names, dtype=str)
    chrom, _, reach = np.char.rpartition(names, ":").T
    start, _, end = np.char.partition(reach, "-").T
    wrong = ~(np.char.isdigit(start) & np.char.isdigit(end)) | (chrom == "")
    _refuse(wrong, names, path, "is no peak", "name peaks as `chr1:100-200`")
    first, last = start.astype(np.int64), end.astype(np.int64)
    _refuse(first >= last, names, path, "ends before it begins", "write the smaller position first")
    known, at, number = np.unique(chrom, return_index=True, return_inverse=True)
    order = np.argsort(at)
    place = np.empty(len(known), np.int64)
    place[order] = np.arange(len(known))
    return Peaks(tuple(known[order].tolist()), place[number], first, last)


def _refuse(wrong: Names, names: Names, path: str, what: str, fix: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(path, f"row {row} of `peak_names`: {str(names[row])!r} {what}", fix)
