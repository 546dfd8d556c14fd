"""The source `Windows`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.places import Ints
from getdsl.data.reader import Context
from getdsl.data.samples.ordered import ordered_rows
from getdsl.data.table import RegionTable
from getdsl.formats.bed import Rows, read_bed
from getdsl.formats.text import FormatError


class Windows:
    """Runs of `size` regions of one chromosome, or of one domain."""

    def __init__(
        self, *, size: int, step: int | None = None, within: str | None = None, span: int | None = None
    ) -> None:
        self.size, self.step, self.span = size, step or size, span
        self.within = Path(within) if within is not None else None

    def rows(self, context: Context) -> Ints:
        """Rows of the table [S, size]. Raises DataError where no window fits."""
        table = context.table
        groups = ordered_rows(table) if self.within is None else _in_domains(self.within, context)
        windows = np.concatenate(
            [np.empty((0, self.size), np.int64), *(self._windows(rows) for rows in groups)]
        )
        if not len(windows):
            where = "chromosomes" if self.within is None else f"domains of {self.within}"
            problem = f"none of the {where} has {self.size} of its {len(table):,} regions for a sample"
            raise DataError(table.files[0], problem, "write a smaller `size`")
        if self.within is not None:  # two domains may hold the same regions
            windows = windows[np.sort(np.unique(windows, axis=0, return_index=True)[1])]
        return windows if self.span is None else _narrow(windows, table, self.span)

    def _windows(self, rows: Ints) -> Ints:
        starts = np.arange(0, len(rows) - self.size + 1, self.step)
        found: Ints = rows[starts[:, None] + np.arange(self.size)]
        return found


def _narrow(windows: Ints, table: RegionTable, span: int) -> Ints:
    """The windows that reach over `span` bp at most."""
    reach = table.end[windows].max(axis=1) - table.start[windows].min(axis=1)
    if reach.min() > span:
        size, least = windows.shape[1], int(reach.min())
        problem = f"{size:,} of its regions reach over {least:,} bp or more, and `span` is {span:,}"
        raise DataError(table.files[0], problem, "write a smaller `size`, or a larger `span`")
    found: Ints = windows[reach <= span]
    return found


def _in_domains(path: Path, context: Context) -> Iterator[Ints]:
    """The rows whose centres lie in each domain, in their order on the chromosome."""
    table, domains = context.table, _domains(path)
    centre = (table.start + table.end) // 2
    names = context.names_in(path, dict.fromkeys(domains.chrom.tolist()))
    for rows in ordered_rows(table):
        name = names.get(table.chromosomes[table.chrom[rows[0]]])
        mine = np.flatnonzero(domains.chrom == name) if name is not None else ()
        for at in mine:
            yield rows[(centre[rows] >= domains.start[at]) & (centre[rows] < domains.end[at])]


def _domains(path: Path) -> Rows:
    try:
        return read_bed(path)
    except FormatError as error:
        raise DataError.of(error, "give domains as BED: `chrom start end`, with tabs") from error
