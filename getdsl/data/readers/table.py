"""The reader `Table`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.matching import NOT_THERE, Rows, rows_of_regions
from getdsl.data.numbers import numbers_of
from getdsl.data.places import Places
from getdsl.data.reader import Array, Context, Reader
from getdsl.data.table_file import TableFile
from getdsl.formats.layouts import places_by_name

CELLTYPE = "{celltype}"
_PLACE = ("chrom", "start", "end")


class Table(Reader):
    """Numbers [n], or of several columns [n, K], of a table's row for each region, float32."""

    def __init__(
        self,
        *,
        file: str,
        columns: str | Sequence[str],
        name: str | None = None,
        missing: float | None = None,
    ) -> None:
        self.path, self.name, self.missing = file, name, missing
        self.single = isinstance(columns, str)
        self.columns = [columns] if isinstance(columns, str) else list(columns)
        self.per_celltype = any(CELLTYPE in text for text in (file, *self.columns))

    def open(self, context: Context) -> None:
        celltypes = context.celltypes if self.per_celltype else ("",)
        self._paths = [Path(self.path.replace(CELLTYPE, celltype)) for celltype in celltypes]
        self._values = np.stack(
            [
                self._read(path, celltype, context)
                for path, celltype in zip(self._paths, celltypes, strict=True)
            ]
        )  # [celltypes, N, K]

    def files(self) -> tuple[Path, ...]:
        return tuple(dict.fromkeys(self._paths))

    def _read(self, path: Path, celltype: str, context: Context) -> Array:
        """[N, K] of all regions, of which each keeps its numbers alone."""
        file = TableFile(path)
        wanted = [name.replace(CELLTYPE, celltype) for name in self.columns]
        place = self._place(file)
        named = self.name or (place.get("name") if place else None) or file.header[0]
        columns, lines = file.columns([named, *place.values(), *wanted])
        coordinates = _coordinates(file, [columns[place[key]] for key in _PLACE]) if place else None
        rows = Rows(path, [str(text) for text in columns[named].tolist()], f"names ({named})", coordinates)
        row = rows_of_regions(rows, context, all_needed=self.missing is None)
        there = row != NOT_THERE
        found = np.full((len(row), len(wanted)), self.missing or 0.0, np.float32)
        for number, name in enumerate(wanted):
            found[there, number] = self._numbers(file, name, columns[name][row[there]], lines[row[there]])
        return found

    def _place(self, file: TableFile) -> dict[str, str]:
        """The columns of the rows' coordinates and names, where the header has them."""
        found = places_by_name(file.header)
        return {key: file.header[at] for key, at in found.items()} if found.keys() >= set(_PLACE) else {}

    def _numbers(self, file: TableFile, name: str, values: Array, lines: Array) -> Array:
        def refused(row: int, problem: str, fix: str) -> DataError:
            return DataError(file.path, f"{file.where(lines[row])}: {name!r} {problem}", fix)

        return numbers_of(values, refused, self.missing)

    def read(self, places: Places) -> Array:
        number = places.celltype if self.per_celltype else np.zeros_like(places.row)
        found: Array = self._values[number, places.row]
        return found[..., 0] if self.single else found


def _coordinates(file: TableFile, columns: Sequence[Array]) -> tuple[Array, Array, Array]:
    chrom, start, end = columns
    if start.dtype.kind not in "iu" or end.dtype.kind not in "iu":
        raise DataError(file.path, "its starts and ends are no whole numbers", "correct them")
    return chrom.astype(str), start, end
