"""The regions of a table in the order in which they lie on the genome."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from getdsl.data.places import Ints
from getdsl.data.table import RegionTable


def ordered_rows(table: RegionTable) -> Iterator[Ints]:
    """The rows of each chromosome by their starts, then by their ends."""
    order = np.lexsort((table.end, table.start, table.chrom))
    bounds = np.flatnonzero(np.diff(table.chrom[order])) + 1
    yield from (rows for rows in np.split(order, bounds) if len(rows))
