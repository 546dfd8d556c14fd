"""The reader `Column`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from getdsl.data.errors import DataError, suggest
from getdsl.data.numbers import classes_of, numbers_of
from getdsl.data.places import Ints, Places
from getdsl.data.reader import Array, Context, Reader
from getdsl.data.table import RegionTable

CELLTYPE = "{celltype}"


class Column(Reader):
    """Numbers [n], or of several columns [n, K], of the regions' own table, float32; of classes int64."""

    stands_alone = True

    def __init__(
        self,
        *,
        name: str | Sequence[str],
        classes: Sequence[str] | None = None,
        missing: float | None = None,
    ) -> None:
        self.single = isinstance(name, str)
        self.names = [name] if isinstance(name, str) else list(name)
        self.classes, self.missing = classes, missing
        self.per_celltype = any(CELLTYPE in name for name in self.names)

    def open(self, context: Context) -> None:
        celltypes = context.celltypes if self.per_celltype else ("",)
        columns: list[list[Array]] = [
            [self._column(context.table, name.replace(CELLTYPE, celltype)) for name in self.names]
            for celltype in celltypes
        ]
        self._values: Array = np.moveaxis(np.array(columns), 1, -1)  # [celltypes, N, K]

    def _column(self, table: RegionTable, name: str) -> Array:
        if name not in table.columns:
            raise DataError(table.files[0], f"it has no column {name!r}", suggest(name, table.columns))

        def refused(row: int, problem: str, fix: str) -> DataError:
            return DataError(table.files[table.file[row]], f"{table.where(row)}: {name!r} {problem}", fix)

        column = table.columns[name]
        if self.classes is not None:
            return classes_of(column, self.classes, refused)
        return numbers_of(column, refused, self.missing)

    def read(self, places: Places) -> Array:
        number = places.celltype if self.per_celltype else np.zeros_like(places.row)
        found: Array = self._values[number, places.row]
        return found[..., 0] if self.single else found

    def tensor(self, values: Array, shifts: Ints) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values))
