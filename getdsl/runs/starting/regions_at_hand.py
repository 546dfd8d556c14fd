"""How the regions of a file are written in a spec, and how many lie where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from getdsl.data.genome import Genome
from getdsl.data.regions.promoters import Promoters
from getdsl.data.regions.regions import Regions
from getdsl.data.table import RegionTable
from getdsl.formats.bed import SUMMIT

NARROW, WIDE, UPSTREAM = 200, 1000, 500  # bp


@dataclass(frozen=True)
class RegionsAtHand:
    """Regions and the call that reads them; `width` is that of all, or what the call gives them."""

    call: str
    width: int
    table: RegionTable

    def by_chromosome(self) -> dict[str, int]:
        """How many there are on each chromosome, in the genome's order."""
        numbers = np.bincount(self.table.chrom, minlength=len(self.table.chromosomes)).tolist()
        return {name: number for name, number in zip(self.table.chromosomes, numbers, strict=True) if number}


def regions_of(file: str, kind: str, path: Path, genome: Genome, renamed: dict[str, str], *, profile: bool) -> RegionsAtHand:
    """The regions of a BED file or a table of genes. Raises DataError where it cannot be used."""
    if kind == "genes":
        table = Promoters(genes=str(path), upstream=UPSTREAM).table(genome, renamed)
        return RegionsAtHand(f"Promoters({file}, upstream = {UPSTREAM})", UPSTREAM, table)
    table = Regions(files=str(path)).table(genome, renamed)
    widths = table.end - table.start
    if profile:
        width, shown = WIDE, "length"
    elif widths.min() == widths.max() and NARROW <= widths[0] <= WIDE:
        return RegionsAtHand(f"Regions({file})", int(widths[0]), table)
    else:
        width = int(np.clip(np.round(np.median(widths) / 100) * 100, NARROW, WIDE))
        shown = str(width)
    around = ', around = "summit"' if SUMMIT in table.columns else ""
    return RegionsAtHand(f"Regions({file}{around}, width = {shown})", width, table)
