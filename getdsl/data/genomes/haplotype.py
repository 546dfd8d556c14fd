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
    """Lengths are its own. Of changes [4, n] are starts, ends, bases, and how many more bases came before."""

    def __init__(self, folder: Path) -> None:
        about = read_kept(folder / _ABOUT)
        self.lengths: dict[str, int] = about["lengths"]
        self._codes: Codes = np.memmap(folder / _BASES, np.uint8, "r")
        self._starts = dict(zip(self.lengths, accumulate(self.lengths.values(), initial=0), strict=False))
        self._changes = {}
        changes = np.memmap(folder / _CHANGES, np.int64, "r").reshape(4, -1)[:, 1:]
        for chrom, number in about["changes"].items():
            self._changes[chrom], changes = changes[:, :number], changes[:, number:]

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        at = self._starts[chrom]
        return np.array(self._codes[at + start : at + end])

    def position(self, chrom: str, reference: int) -> int:
        """Where a position of the reference is; of one that is deleted, where what follows it is."""
        changes = self._changes[chrom]
        passed = int(np.searchsorted(changes[1], reference, side="right"))
        if passed < changes.shape[1]:
            start, _, bases, more = changes[:, passed].tolist()
            return int(more + min(reference, start + bases))
        if not passed:
            return reference
        start, end, bases, more = changes[:, -1].tolist()
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
    columns = [np.zeros((4, 1), np.int64)]  # one at least: what is empty cannot be mapped
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
                columns.append(_columns(own))
        np.concatenate(columns, axis=1).tofile(aside / _CHANGES)
        keep(
            aside / _ABOUT,
            {"lengths": lengths, "changes": {name: len(changes.get(name, [])) for name in lengths}},
        )


def _columns(changes: list[Change]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    found = np.zeros((4, len(changes)), np.int64)
    more = 0
    for number, (start, end, bases) in enumerate(changes):
        found[:, number] = start, end, len(bases), more
        more += len(bases) - (end - start)
    return found
