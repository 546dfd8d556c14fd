"""How many of a stretch's bases are G or C."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from getdsl.data.genome import Genome
from getdsl.data.overlaps import Stretches
from getdsl.data.places import Ints

AT_ONCE = 1 << 23  # bp that are read at once


def base_counts(genome: Genome, chromosomes: tuple[str, ...], places: Stretches) -> tuple[Ints, Ints]:
    """Of each stretch [n], how many bases are G or C, and how many are known."""
    gc, known = np.zeros(len(places.start), np.int64), np.zeros(len(places.start), np.int64)
    for rows in _runs(places):
        start, end = places.start[rows], places.end[rows]
        low = int(start.min())
        codes = genome.codes(chromosomes[places.chrom[rows[0]]], low, int(end.max()))
        for counts, counted in ((gc, (codes == 1) | (codes == 2)), (known, codes < 4)):
            before = np.concatenate([[0], np.cumsum(counted)])
            counts[rows] = before[end - low] - before[start - low]
    return gc, known


def _runs(places: Stretches) -> Iterator[Ints]:
    """The rows of stretches that lie on one chromosome near each other."""
    part = places.start // AT_ONCE
    order = np.lexsort((part, places.chrom))
    opens = (np.diff(part[order]) != 0) | (np.diff(places.chrom[order]) != 0)
    yield from (rows for rows in np.split(order, np.flatnonzero(opens) + 1) if len(rows))
