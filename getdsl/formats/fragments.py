"""Fragments of paired reads, as MACS writes them: `chrom start end`, 0-based half-open."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from getdsl.formats.text import FormatError, read_lines

Positions = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


@dataclass(frozen=True)
class Fragments:
    """Fragments of one chromosome, in the file's order, duplicates included."""

    start: Positions
    end: Positions

    def distinct(self) -> "Fragments":
        """Each pair of ends once, ordered."""
        pairs = np.unique(self.start * (int(self.end.max(initial=0)) + 1) + self.end)
        start, end = np.divmod(pairs, int(self.end.max(initial=0)) + 1)
        return Fragments(start, end)

    def cut_sites(self) -> Positions:
        """The first and the last base of each fragment, ordered; a fragment gives two."""
        return np.sort(np.concatenate([self.start, self.end - 1]))


def read_fragments(path: Path) -> dict[str, Fragments]:
    """Fragments by chromosome. Columns after the third, comments and track lines are ignored."""
    bounds: dict[str, list[tuple[int, int]]] = {}
    for number, line in read_lines(path):
        if line.startswith(("#", "track", "browser")):
            continue
        fields = line.split("\t", 3)
        try:
            start, end = int(fields[1]), int(fields[2])
        except (IndexError, ValueError):
            raise FormatError(path, number, "expected `chrom start end` with tabs") from None
        if not 0 <= start < end:
            raise FormatError(path, number, f"a fragment needs 0 <= start < end, found {start} and {end}")
        bounds.setdefault(fields[0], []).append((start, end))
    return {chrom: Fragments(*np.array(pairs, dtype=np.int64).T) for chrom, pairs in bounds.items()}
