"""How the regions of a file are written in a spec, and how many lie where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from getdsl.data.genome import Genome
from getdsl.data.regions.promoters import Promoters
from getdsl.data.regions.regions import Regions
from getdsl.data.table import RegionTable
from getdsl.formats.bed import SUMMIT
from getdsl.runs.starting.files import resolved, written
from getdsl.runs.starting.kinds import kind_of

NARROW, WIDE, UPSTREAM = 200, 1000, 500  # bp
COMPACT, SHORT = 100_000_000, 500  # of a genome where regions lie close, and what a profile is long there


@dataclass(frozen=True)
class RegionsAtHand:
    """Regions and the call that reads them; `width` is that of all, or what the call gives them."""

    call: tuple[str, ...]  # what is called, and its arguments as they are written
    width: int
    table: RegionTable

    def by_chromosome(self) -> dict[str, int]:
        """How many there are on each chromosome, in the genome's order."""
        numbers = np.bincount(self.table.chrom, minlength=len(self.table.chromosomes)).tolist()
        return {name: number for name, number in zip(self.table.chromosomes, numbers, strict=True) if number}


def regions_of(
    file: str, spec: Path, genome: Genome, renamed: Mapping[str, str], *, profile: bool
) -> RegionsAtHand:
    """The regions of a file, for a spec that will stand at `spec`. Raises DataError."""
    path, name = resolved(file), written(file, spec)
    long = SHORT if sum(genome.lengths.values()) < COMPACT else WIDE
    if kind_of(path) == "genes":
        table = Promoters(annotation=str(path), upstream=UPSTREAM).table(genome, renamed)
        return RegionsAtHand(
            ("Promoters", name, f"upstream = {UPSTREAM}"), WIDE if profile else UPSTREAM, table
        )
    table = Regions(files=str(path)).table(genome, renamed)
    around = ['around = "summit"'] if SUMMIT in table.columns else []
    if profile:
        return RegionsAtHand(("Regions", name, *around, "width = length"), long, table)
    widths = table.end - table.start
    if widths.min() == widths.max() and NARROW <= widths[0] <= WIDE:
        return RegionsAtHand(("Regions", name), int(widths[0]), table)
    width = int(np.clip(np.round(np.median(widths) / 100) * 100, NARROW, WIDE))
    return RegionsAtHand(("Regions", name, *around, f"width = {width}"), width, table)
