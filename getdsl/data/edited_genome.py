"""A genome with edits, as its readers then see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from getdsl.data.genome import Genome
from getdsl.formats.fasta import Codes


@dataclass(frozen=True, eq=False)
class Edit:
    """Other bases in the place of `start` to `end` of a chromosome, 0-based and half-open."""

    start: int
    end: int
    codes: Codes


class EditedGenome(Genome):
    """A genome of which `edited` changes what is read, and `shifted` where.

    What is read stays as long as it is, and its centre stays where it is: what an edit before the centre adds
    or takes away moves what lies before it, one behind the centre what lies behind it, and the genome fills
    what is missing at the ends. Of a deletion across the centre its end stays.
    """

    def __init__(self, plain: Genome) -> None:
        self._plain = plain
        self.path, self.files, self.chosen = plain.path, plain.files, plain.chosen
        self.lengths = plain.lengths
        self._chrom = ""
        self._edits: Sequence[Edit] = ()
        self._shift = 0

    @contextmanager
    def edited(self, chrom: str, edits: Sequence[Edit]) -> Iterator[None]:
        """With edits that do not overlap."""
        self._chrom, self._edits = chrom, sorted(edits, key=lambda edit: (edit.start, edit.end))
        try:
            yield
        finally:
            self._chrom, self._edits = "", ()

    @contextmanager
    def shifted(self, bp: int) -> Iterator[None]:
        """With all that is read so many bp further on."""
        self._shift = bp
        try:
            yield
        finally:
            self._shift = 0

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        start, end = start + self._shift, end + self._shift
        if chrom != self._chrom or not self._edits:
            return self._plain.codes(chrom, start, end)
        centre = (start + end) // 2
        pivot = next((edit.end for edit in self._edits if edit.start < centre < edit.end), centre)
        before = self._before(pivot, max(0, min(pivot, end) - start))
        return np.concatenate([before, self._behind(pivot, end - start - len(before))])

    def _behind(self, position: int, length: int) -> Codes:
        """So many bases of the edited chromosome from a position on."""
        found: list[Codes] = []
        for edit in self._edits:
            if edit.start >= position and length > 0:
                kept = self._plain.codes(self._chrom, position, min(edit.start, position + length))
                found += [kept, edit.codes[: length - len(kept)]]
                length -= sum(map(len, found[-2:]))
                position = edit.end
        return np.concatenate([*found, self._plain.codes(self._chrom, position, position + max(0, length))])

    def _before(self, position: int, length: int) -> Codes:
        """So many bases of the edited chromosome up to a position."""
        found: list[Codes] = []
        for edit in reversed(self._edits):
            if edit.end <= position and edit.start < position and length > 0:
                kept = self._plain.codes(self._chrom, max(edit.end, position - length), position)
                left = length - len(kept)
                found += [kept, edit.codes[max(0, len(edit.codes) - left) :] if left else edit.codes[:0]]
                length -= sum(map(len, found[-2:]))
                position = edit.start
        rest = self._plain.codes(self._chrom, position - max(0, length), position)
        return np.concatenate([rest, *reversed(found)])
