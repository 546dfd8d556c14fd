"""The source `GCMatched`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from getdsl.data.draws import NEGATIVE, uniform
from getdsl.data.errors import DataError
from getdsl.data.genome import Genome
from getdsl.data.overlaps import Stretches, between
from getdsl.data.places import Ints
from getdsl.data.regions.gc_content import base_counts
from getdsl.data.regions.gc_matching import Offered, Wanted, gc_bins, matched
from getdsl.data.regions.regions import Regions
from getdsl.data.table import RegionTable

CHOICE, SHIFT, REGION = range(3)
"""What is drawn: which windows are taken first, where they begin, and which regions get one."""

MOST_WITHOUT = 0.05
"""The share of regions that may find no window, for what is extreme in their GC content."""


class GCMatched:
    """Windows beside regions, as many in each bin of GC content as the regions have."""

    def __init__(
        self, *, ratio: float = 1.0, apart: int = 0, exclude: str | None = None, seed: int = 0
    ) -> None:
        self.ratio, self.apart, self.exclude, self.seed = ratio, apart, exclude, seed

    def beside(self, regions: RegionTable, genome: Genome | None, renamed: Mapping[str, str]) -> RegionTable:
        """The negatives, in the genome's order. Raises DataError where too few windows fit."""
        if genome is None:
            fix = 'add `genome = "genome.fa.gz"` to `data`'
            raise DataError(regions.files[0], "`GCMatched` needs the regions' genome", fix)
        table = regions.on(tuple(genome.lengths))
        width = int(np.median(table.end - table.start))
        windows = self._windows(table, width, genome, renamed)
        bins = _bins(windows, genome, 1)
        free = np.flatnonzero(bins >= 0)
        drawn = self._drawn(CHOICE, free)
        taken = matched(self._wanted(table, genome), Offered(windows.chrom[free], bins[free], drawn))
        short = int((taken < 0).sum())
        if short > MOST_WITHOUT * len(taken):
            fits = f"window of {width:,} bp outside the regions that has their GC content"
            problem = f"{short:,} of {len(taken):,} negatives find no {fits}"
            raise DataError(regions.files[0], problem, "write a smaller `ratio`, or narrower regions")
        return _table(windows.chosen(np.sort(free[taken[taken >= 0]])), table, genome)

    def _windows(
        self, table: RegionTable, width: int, genome: Genome, renamed: Mapping[str, str]
    ) -> Stretches:
        """Windows side by side in all that lies between regions, from a place that is drawn for each."""
        taken = _stretches(table, self.apart)
        if self.exclude is not None:
            others = _stretches(Regions(files=self.exclude).table(genome, renamed), 0)
            taken = Stretches(*map(np.concatenate, zip(taken, others, strict=True)))
        gaps = between(taken, np.array(list(genome.lengths.values())))
        number, slack = np.divmod(gaps.end - gaps.start, width)
        shift = np.floor(self._drawn(SHIFT, np.arange(len(slack))) * (slack + 1)).astype(np.int64)
        step = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
        start = np.repeat(gaps.start + shift, number) + step * width
        return Stretches(np.repeat(gaps.chrom, number), start, start + width)

    def _wanted(self, table: RegionTable, genome: Genome) -> Wanted:
        """The regions that get a negative, `ratio` times as many as there are, in a drawn order."""
        bins = _bins(_stretches(table, 0), genome, 0.5)
        rows = np.flatnonzero(bins >= 0)
        if not len(rows):
            problem = "none of its regions has bases that are known in the genome"
            raise DataError(table.files[0], problem, "give the genome that the regions were called on")
        order = rows[np.argsort(self._drawn(REGION, rows), kind="stable")]
        chosen = np.resize(order, round(self.ratio * len(table)))
        return Wanted(table.chrom[chosen], bins[chosen])

    def _drawn(self, what: int, numbers: Ints) -> np.ndarray:
        return uniform(self.seed, what, NEGATIVE, numbers)


def _bins(places: Stretches, genome: Genome, least: float) -> Ints:
    gc, known = base_counts(genome, tuple(genome.lengths), places)
    return gc_bins(gc, known, places.end - places.start, least)


def _stretches(table: RegionTable, wider: int) -> Stretches:
    return Stretches(table.chrom, table.start - wider, table.end + wider)


def _table(places: Stretches, regions: RegionTable, genome: Genome) -> RegionTable:
    number = len(places.start)
    chroms = np.array(regions.chromosomes)[places.chrom].tolist()
    spans = zip(chroms, places.start.tolist(), places.end.tolist(), strict=True)
    return RegionTable(
        regions.chromosomes,
        *places,
        strand=np.zeros(number, np.int8),
        name=np.array([f"{chrom}:{start}-{end}" for chrom, start, end in spans], str),
        files=(genome.path,),
        file=np.zeros(number, np.int8),
        line=np.zeros(number, np.int64),
    )
