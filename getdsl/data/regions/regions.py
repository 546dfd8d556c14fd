"""The source `Regions`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.genome import Genome
from getdsl.data.regions.placed import placed
from getdsl.data.table import RegionTable
from getdsl.formats.bed import SUMMIT, read_bed
from getdsl.formats.text import FormatError


class Regions:
    """Regions of files, resized around their centre or summit."""

    def __init__(
        self, *, files: str | Sequence[str], around: str = "centre", width: int | None = None
    ) -> None:
        self.paths = [Path(path) for path in ([files] if isinstance(files, str) else files)]
        self.around, self.width = around, width

    def table(self, genome: Genome | None, renamed: Mapping[str, str]) -> RegionTable:
        """All regions. Raises DataError where a file cannot be used."""
        try:
            rows = [read_bed(path) for path in self.paths]
        except FormatError as error:
            problem = f"line {error.line}: {error.problem}" if error.line else error.problem
            raise DataError(error.path, problem, "correct it, or give another file") from error
        return self._resized(placed(rows, self.paths, genome, renamed))

    def _resized(self, table: RegionTable) -> RegionTable:
        if self.width is None:
            return table
        middle = (table.start + table.end) // 2
        if self.around == "summit":
            if SUMMIT not in table.columns:
                raise DataError(self.paths[0], "its regions have no summits", 'write `around = "centre"`')
            middle = table.start + table.columns[SUMMIT].astype(np.int64)
        start = middle - self.width // 2
        return replace(table, start=start, end=start + self.width)
