"""The reader `Column`."""

from __future__ import annotations

import numpy as np

from getdsl.data.errors import DataError, suggest
from getdsl.data.places import Places
from getdsl.data.reader import Array, Context, Reader


class Column(Reader):
    """Numbers [n] of the regions' own table, float32."""

    stands_alone = True

    def __init__(self, *, name: str) -> None:
        self.name = name

    def open(self, context: Context) -> None:
        table = context.table
        if self.name not in table.columns:
            problem = f"it has no column {self.name!r}"
            raise DataError(table.files[0], problem, suggest(self.name, table.columns))
        column = table.columns[self.name]
        if column.dtype.kind not in "fiub":
            problem = f"its column {self.name!r} holds text, such as {str(column[0])!r}"
            raise DataError(table.files[0], problem, "name a column of numbers")
        self._values = column.astype(np.float32)
        wrong = np.flatnonzero(~np.isfinite(self._values))
        if wrong.size:
            row = int(wrong[0])
            problem = f"{table.where(row)}: {self.name!r} is {column[row]} ({wrong.size:,} such rows)"
            raise DataError(table.files[table.file[row]], problem, "give each region a number")

    def read(self, places: Places) -> Array:
        found: Array = self._values[places.row]
        return found
