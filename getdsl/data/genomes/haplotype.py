"""A haplotype in a folder of the user's cache: its bases, and where the reference's positions are in it."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path

import numpy as np

from getdsl.data.genome import Genome
from getdsl.data.genomes.changes import Change, Changes
from getdsl.formats.fasta import Codes
from getdsl.text.kept import keep, read_kept
from getdsl.text.whole import whole_folder

_AT_ONCE = 1 << 24  # bp
_BASES, _CHANGES, _ABOUT = "bases", "changes", "about.json"


class Haplotype:
    """`lengths` are the haplotype's; a row of the changes is start, end, bases, and bases more before it."""

    def __init__(self, folder: Path) -> None:
        about = read_kept(folder / _ABOUT)
        self.lengths: dict[str, int] = about["lengths"]
        self._codes: Codes = np.memmap(folder / _BASES, np.uint8, "r")
        self._starts = dict(zip(self.lengths, accumulate(self.lengths.values(), initial=0), strict=False))
        self._changes = {}
        rows = np.memmap(folder / _CHANGES, np.int64, "r").reshape(-1, 4)[1:]
        for chrom, number in about["changes"].items():
            self._changes[chrom], rows = rows[:number], rows[number:]

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        at = self._starts[chrom]
        return np.array(self._codes[at + start : at + end])

    def position(self, chrom: str, reference: int) -> int:
        """Where a position of the reference is; of one that is deleted, where what follows it is."""
        changes = self._changes[chrom]
        passed = int(np.searchsorted(changes[:, 1], reference, side="right"))
        if passed < len(changes):
            start, _, bases, more = changes[passed].tolist()
            return int(more + min(reference, start + bases))
        if not passed:
            return reference
        start, end, bases, more = changes[-1].tolist()
        return reference + int(more + bases - (end - start))


def is_whole(folder: Path) -> bool:
    about = read_kept(folder / _ABOUT)
    bases = folder / _BASES
    return (
        isinstance(about, dict) and bases.exists() and bases.stat().st_size == sum(about["lengths"].values())
    )


def write_haplotype(folder: Path, genome: Genome, changes: Changes) -> None:
    """Writes the folder, a stretch at a time. Raises OSError."""
    lengths: dict[str, int] = {}
    rows = [np.zeros((1, 4), np.int64)]  # one at least: what is empty cannot be mapped
    with whole_folder(folder) as aside:
        with (aside / _BASES).open("wb") as file:
            for chrom, length in genome.lengths.items():
                own = changes.get(chrom, [])
                at = lengths[chrom] = 0
                for change in (*own, Change(length, length, np.empty(0, np.uint8))):
                    for start in range(at, change.start, _AT_ONCE):
                        file.write(genome.codes(chrom, start, min(start + _AT_ONCE, change.start)).tobytes())
                    file.write(change.bases.tobytes())
                    lengths[chrom] += change.start - at + len(change.bases)
                    at = change.end
                rows.append(_rows(own))
        np.concatenate(rows).tofile(aside / _CHANGES)
        keep(
            aside / _ABOUT,
            {"lengths": lengths, "changes": {name: len(changes.get(name, [])) for name in lengths}},
        )


def _rows(changes: list[Change]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    found = np.zeros((len(changes), 4), np.int64)
    more = 0
    for row, (start, end, bases) in enumerate(changes):
        found[row] = start, end, len(bases), more
        more += len(bases) - (end - start)
    return found
