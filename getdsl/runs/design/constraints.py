"""What a designed sequence may be: bases that stay, bases that a place may have, GC, and edits in all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import joined
from getdsl.formats.bed import read_bed
from getdsl.formats.fasta import Codes

IUPAC = {
    "A": "A", "C": "C", "G": "G", "T": "T", "U": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT",
    "M": "AC", "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT",
}  # fmt: skip
INTERVALS = re.compile(r"\d+-\d+(,\d+-\d+)*")
Allowed = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]  # [L, 4]


@dataclass(frozen=True)
class Constraints:
    """`allowed` [L, 4]; GC as a range of shares; `edits` at most, in all, from the start."""

    allowed: Allowed
    gc: tuple[float, float] | None = None
    edits: int | None = None

    def keeps(self, codes: Codes, start: Codes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which of the sequences [N, L] may be, the start where nothing of it is changed included.

        A sequence that begins outside of the range of GC may only come nearer to it.
        """
        changed = codes != start
        places = np.arange(codes.shape[1])
        fine = (~changed | self.allowed[places, np.minimum(codes, 3)]).all(1)
        if self.edits is not None:
            fine &= changed.sum(1) <= self.edits
        if self.gc is not None:
            fine &= self.outside(codes) <= max(0.0, float(self.outside(start[None])[0]))
        return np.asarray(fine)

    def outside(self, codes: Codes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """How far the share of G and C of sequences [N, L] is outside of the range, 0 within."""
        if self.gc is None:
            return np.zeros(len(codes))
        share = np.isin(codes, (1, 2)).mean(1)
        low, high = self.gc
        found: np.ndarray[tuple[int], np.dtype[np.float64]] = np.maximum(low - share, share - high).clip(0)
        return found


def read_allowed(fixed: str | None, allow: str | None, length: int, place: tuple[str, int] | None) -> Allowed:
    """[L, 4]: all bases where nothing is said, none where a base stays. Raises UserError.

    `fixed` are intervals of the sequence, `10-20,50-60`, 0-based and half-open, or a BED file in the
    coordinates of `place`, the chromosome and start of the sequence; `allow` is IUPAC letters, one a base.
    """
    allowed = np.ones((length, 4), dtype=np.bool_)
    if allow is not None:
        allowed &= _template(allow, length)
    for start, end in _fixed(fixed, place) if fixed is not None else ():
        if end <= start or (place is None and end > length):
            raise UserError(
                f"`--fixed {start}-{end}` is no stretch of a sequence of {length:,} bp",
                "intervals are 0-based, without their end: `--fixed 0-20,480-500`",
            )
        allowed[max(0, start) : max(0, end)] = False
    return allowed


def _fixed(text: str, place: tuple[str, int] | None) -> list[tuple[int, int]]:
    if INTERVALS.fullmatch(text):
        pairs = [piece.split("-") for piece in text.split(",")]
        return [(int(start), int(end)) for start, end in pairs]
    if place is None:
        raise UserError(
            f"`--fixed {text}` is no list of intervals",
            "write `--fixed 0-20,480-500`; a BED file goes with `--start chrI:1000-2000`",
        )
    chrom, first = place
    rows = read_bed(Path(text))
    found = zip(rows.chrom, rows.start, rows.end, strict=True)
    return [(max(0, int(start) - first), int(end) - first) for name, start, end in found if name == chrom]


def _template(text: str, length: int) -> Allowed:
    letters = text.upper()
    wrong = sorted(set(letters) - IUPAC.keys())
    if wrong:
        raise UserError(
            f"`--allow` has the letter `{wrong[0]}`", f"IUPAC has {joined(IUPAC, ' ', len(IUPAC))}"
        )
    if len(letters) != length:
        raise UserError(
            f"`--allow` has {len(letters):,} letters, and the sequence {length:,} bp",
            "give a letter a base; N allows all",
        )
    return np.array([[base in IUPAC[letter] for base in "ACGT"] for letter in letters], dtype=np.bool_)


def read_gc(text: str) -> tuple[float, float]:
    """A range of shares of G and C, `0.4-0.6`. Raises UserError."""
    low, _, high = text.partition("-")
    try:
        found = float(low), float(high)
    except ValueError:
        found = (1.0, 0.0)
    if not 0 <= found[0] <= found[1] <= 1:
        raise UserError(f"`--gc` cannot be `{text}`", "write a range of shares: `--gc 0.4-0.6`")
    return found
