"""The genome: base codes of any stretch of a FASTA or 2bit file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.genome_files import Bases, open_genome
from getdsl.data.opened import PerProcess
from getdsl.formats.fasta import Codes, N


class Genome:
    """Chromosomes with their lengths in bp, and their bases. Raises DataError where a file is none.

    A FASTA with its index, plain or bgzip, is read in place. One without, or whose index is older, is indexed
    in the user's cache, and one packed by gzip unpacked there: nothing is written beside it.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.files: tuple[Path, ...] = (self.path,)
        self.chosen = ""  # what of the files, where the bases follow from more than their bytes
        self.lengths, opened = open_genome(self.path)
        self._bases: PerProcess[Bases] = PerProcess(opened)

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """[end - start], 0 to 3 for A C G T; 4 for any other base and what lies beyond the chromosome."""
        length = self.lengths[chrom]
        inside = max(0, start), min(length, end)
        if inside == (start, end):
            return self._inside(chrom, start, end)
        found = np.full(end - start, N, np.uint8)
        if inside[0] < inside[1]:
            found[inside[0] - start : inside[1] - start] = self._inside(chrom, *inside)
        return found

    def _inside(self, chrom: str, start: int, end: int) -> Codes:
        found = self._bases.get().codes(chrom, start, end)
        if len(found) != end - start:
            problem = f"it ends within {chrom}:{start}-{end}"
            raise DataError(self.path, problem, "give the whole file, and index it again")
        if len(found) and found.max() > N:
            at = start + int(np.argmax(found > N))
            raise DataError(self.path, f"{chrom} has a letter at {at} that is no base", "give a FASTA of DNA")
        return found
