"""The source `Windows`."""

from __future__ import annotations

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.places import Ints
from getdsl.data.table import RegionTable


class Windows:
    """Runs of `size` regions of one chromosome."""

    def __init__(self, *, size: int, step: int | None = None, span: int | None = None) -> None:
        self.size, self.step, self.span = size, step or size, span

    def rows(self, table: RegionTable) -> Ints:
        """Rows of the table [S, size]. Raises DataError where no window fits."""
        order = np.lexsort((table.end, table.start, table.chrom))
        found = []
        for number in np.unique(table.chrom):
            rows = order[table.chrom[order] == number]
            starts = np.arange(0, len(rows) - self.size + 1, self.step)
            found.append(rows[starts[:, None] + np.arange(self.size)])
        windows = np.concatenate(found)
        if self.span is not None:
            reach = table.end[windows].max(axis=1) - table.start[windows].min(axis=1)
            windows = windows[reach <= self.span]
        if not len(windows):
            problem = f"none of its chromosomes has {self.size} regions for a sample"
            raise DataError(table.files[0], problem, "write a smaller `size`, or a larger `span`")
        return windows
