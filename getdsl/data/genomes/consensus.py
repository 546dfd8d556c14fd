"""The source `Consensus`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from getdsl.data.derived import CACHE, derived
from getdsl.data.errors import DataError
from getdsl.data.genome import Genome
from getdsl.data.genomes.changes import Changes, read_changes
from getdsl.data.genomes.haplotype import Haplotype, is_whole, write_haplotype
from getdsl.data.hashing import stamp_of
from getdsl.data.opened import PerProcess
from getdsl.formats.fasta import Codes, N


class Consensus:
    """A reference, and the variants of one haplotype of a sample."""

    def __init__(self, *, fasta: str, variants: str, sample: str | None = None, haplotype: int = 1) -> None:
        self.fasta, self.variants = Path(fasta), Path(variants)
        self.sample, self.haplotype = sample, haplotype

    def genome(self, renamed: Mapping[str, str]) -> Genome:
        """The genome, written once to the user's cache. Raises DataError."""
        reference = Genome(self.fasta)
        chosen = f"{self.sample} {self.haplotype if self.sample is not None else ''}".strip()
        try:
            key = f"{stamp_of(self.variants)} {chosen} {sorted(renamed.items())}"
            folder = derived(self.fasta, f"haplotype-{hashlib.sha256(key.encode()).hexdigest()[:16]}")
        except OSError as error:
            problem = f"it cannot be read ({error.strerror})"
            raise DataError(self.variants, problem, "give a VCF file") from error
        if not is_whole(folder):
            self._write(folder, reference, renamed)
        return _ConsensusGenome(reference, self.variants, chosen, folder)

    def _write(self, folder: Path, reference: Genome, renamed: Mapping[str, str]) -> None:
        changes: Changes = read_changes(self.variants, self.sample, self.haplotype, reference, renamed)
        try:
            write_haplotype(folder, reference, changes)
        except OSError as error:
            problem = f"its haplotype cannot be written into {folder.parent} ({error.strerror})"
            raise DataError(self.variants, problem, CACHE) from error


class _ConsensusGenome(Genome):
    """The reference's chromosomes and positions, the haplotype's bases."""

    def __init__(self, reference: Genome, variants: Path, chosen: str, folder: Path) -> None:
        self.path, self.lengths = reference.path, reference.lengths
        self.files, self.chosen = (reference.path, variants), chosen
        self._haplotype: PerProcess[Haplotype] = PerProcess(partial(Haplotype, folder))

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """[end - start] bases of the haplotype, around the one in the middle of the stretch."""
        haplotype = self._haplotype.get()
        middle = (start + end) // 2
        first = haplotype.position(chrom, middle) - (middle - start)
        last = first + end - start
        inside = max(0, first), min(haplotype.lengths[chrom], last)
        found = np.full(end - start, N, np.uint8)
        if inside[0] < inside[1]:
            found[inside[0] - first : inside[1] - first] = haplotype.codes(chrom, *inside)
        return found
