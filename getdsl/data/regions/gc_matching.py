"""Windows for regions, with the same bin of GC content."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from getdsl.data.draws import Floats
from getdsl.data.places import Ints

BINS = 50  # of GC content, 2 % each
FARTHEST = 3  # bins that a window may be away from its region


class Wanted(NamedTuple):
    """The chromosomes and bins [n] of regions that want a window."""

    chrom: Ints
    bin: Ints


class Offered(NamedTuple):
    """The chromosomes and bins [m] of windows; those that were drawn lowest are taken first."""

    chrom: Ints
    bin: Ints
    drawn: Floats


def gc_bins(gc: Ints, known: Ints, length: Ints, least: float) -> Ints:
    """The bin of each stretch [n]; -1 where less than a share `least` of its bases is known."""
    enough = (known > 0) & (known >= least * length)
    share = gc / np.maximum(known, 1)
    return np.where(enough, np.minimum((share * BINS).astype(np.int64), BINS - 1), -1)


def matched(wanted: Wanted, offered: Offered) -> Ints:
    """A window [n] for each region, none twice: on its chromosome if there is one, else anywhere; or -1."""
    found = np.full(len(wanted.bin), -1, np.int64)
    free = np.ones(len(offered.bin), bool)
    for chrom in [*np.unique(wanted.chrom).tolist(), None]:
        rows = np.flatnonzero((found < 0) if chrom is None else (wanted.chrom == chrom))
        windows = np.flatnonzero(free if chrom is None else free & (offered.chrom == chrom))
        if not len(rows) or not len(windows):
            continue
        taken = _in_bins(wanted.bin[rows], offered.bin[windows], offered.drawn[windows])
        got = taken >= 0
        found[rows[got]] = windows[taken[got]]
        free[found[rows[got]]] = False
    return found


def _in_bins(wanted: Ints, offered: Ints, drawn: Floats) -> Ints:
    """Windows [n] of the wanted bins, or of the nearest that have some left; else -1."""
    order = np.lexsort((drawn, offered))
    start = np.searchsorted(offered[order], np.arange(BINS))
    stop = np.searchsorted(offered[order], np.arange(BINS), side="right")
    found = np.full(len(wanted), -1, np.int64)
    for shift in sorted(range(-FARTHEST, FARTHEST + 1), key=abs):
        for bin in np.unique(wanted[found < 0]).tolist():
            near = bin + shift
            if not 0 <= near < BINS:
                continue
            rows = np.flatnonzero((found < 0) & (wanted == bin))[: stop[near] - start[near]]
            found[rows] = order[start[near] : start[near] + len(rows)]
            start[near] += len(rows)
    return found
