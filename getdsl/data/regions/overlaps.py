"""Which regions overlap those of another set."""

from __future__ import annotations

from typing import Any

import numpy as np

from getdsl.data.table import RegionTable

Mask = np.ndarray[Any, np.dtype[np.bool_]]


def overlapping(table: RegionTable, others: RegionTable) -> Mask:
    """Whether each region has a base in common with one of the others, on chromosomes of the same numbers.

    As many others start before a region's end as end before its start, or end there, where none overlaps it.
    """
    found = np.zeros(len(table), bool)
    for number in np.unique(others.chrom):
        here, there = np.flatnonzero(table.chrom == number), others.chrom == number
        starts, ends = np.sort(others.start[there]), np.sort(others.end[there])
        begun = np.searchsorted(starts, table.end[here], side="left")
        ended = np.searchsorted(ends, table.start[here], side="right")
        found[here] = begun > ended
    return found
