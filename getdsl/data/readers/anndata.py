"""The reader `AnnData`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from getdsl.data.anndata_file import AnnDataFile, Axis
from getdsl.data.errors import DataError, suggest
from getdsl.data.extras import optional
from getdsl.data.matching import NOT_THERE, Rows, rows_of_regions
from getdsl.data.opened import PerProcess
from getdsl.data.places import Ints, Places
from getdsl.data.reader import Array, Context, Reader
from getdsl.formats.text import FormatError

CELLTYPE = "{celltype}"


class AnnData(Reader):
    """Values [n, K] of a file's other axis at each region, or [n] of one name, float32."""

    def __init__(
        self,
        *,
        file: str,
        layer: str | None = None,
        regions: Axis = "var",
        names: str | Sequence[str] | None = None,
        width: int | None = None,
        missing: float | None = None,
    ) -> None:
        self.path, self.layer, self.regions = file, layer, regions
        self.single = isinstance(names, str)
        self.names = [names] if isinstance(names, str) else list(names) if names is not None else None
        self.width, self.missing = width, missing
        self._by_path = CELLTYPE in file
        self.per_celltype = self._by_path or any(CELLTYPE in name for name in self.names or ())

    def open(self, context: Context) -> None:
        celltypes = context.celltypes if self.per_celltype else ("",)
        paths = [Path(self.path.replace(CELLTYPE, name)) for name in celltypes]
        files = {path: RegionMatrix(path, self, context) for path in dict.fromkeys(paths)}
        self._files = [files[path] for path in paths]
        self._taken = [file.taken(name) for file, name in zip(self._files, celltypes, strict=True)]
        widths = [self._width(number) for number in range(len(celltypes))]
        for path, width in zip(paths, widths, strict=True):
            if width != widths[0]:
                problem = f"it has {width} names, and {paths[0].name} has {widths[0]}"
                raise DataError(path, problem, "say which of them in `names`")

    def _width(self, number: int) -> int:
        """The values a region of a cell type."""
        taken = self._taken[number]
        return self._files[number].width if taken is None else len(taken)

    def files(self) -> tuple[Path, ...]:
        return tuple(dict.fromkeys(file.path for file in self._files))

    def read(self, places: Places) -> Array:
        found = np.empty((len(places), self._width(0)), np.float32)
        celltype = places.celltype if self.per_celltype else np.zeros_like(places.row)
        for number in np.unique(celltype).tolist():
            here = np.flatnonzero(celltype == number)
            found[here] = self._files[number].values(places.row[here], self._taken[number])
        return found[:, 0] if self.single else found


class RegionMatrix:
    """A file, and where it has the regions."""

    def __init__(self, path: Path, reader: AnnData, context: Context) -> None:
        optional("anndata", path)
        self.path, self._reader = path, reader
        self._file: PerProcess[AnnDataFile] = PerProcess(
            partial(AnnDataFile, path, reader.regions, reader.layer)
        )
        with _sentences():
            file = self._file.get()
            if reader.layer is not None and reader.layer not in file.layers:
                fix = suggest(reader.layer, file.layers) if file.layers else "leave `layer` out to read X"
                raise DataError(path, f"it has no layer {reader.layer!r}", fix)
            self.width = len(file.other_names)
            if reader.width not in (None, self.width):
                problem = f"it has {self.width} names of {file.others}, and `width` says {reader.width}"
                raise DataError(path, problem, f"write `width = {self.width}`")
            rows = Rows(path, file.names.tolist(), f"names of {file.regions}", file.coordinates())
            self._rows = rows_of_regions(rows, context, all_needed=reader.missing is None)
            file.at(np.array([], np.int64), None)  # whether it is a matrix

    def taken(self, celltype: str) -> Ints | None:
        """The numbers of the names that the reader takes of the other axis; None of all."""
        if self._reader.names is None:
            return None
        file = self._file.get()
        known, found = file.other_names.tolist(), []
        for name in self._reader.names:
            name = name.replace(CELLTYPE, celltype)
            if known.count(name) != 1:
                how = "twice" if name in known else "not"
                problem = f"{name!r} is {how} among its names of {file.others}"
                raise DataError(self.path, problem, suggest(name, known))
            found.append(known.index(name))
        return np.array(found, np.int64)

    def values(self, regions: Ints, taken: Ints | None) -> Array:
        """[n, K] at regions by their row in the table."""
        rows = self._rows[regions]
        there = rows != NOT_THERE
        which, back = np.unique(rows[there], return_inverse=True)
        with _sentences():
            values = self._file.get().at(which, taken)
            self._refuse_no_numbers(values, which, taken)
        missing = np.nan if self._reader.missing is None else self._reader.missing
        found = np.full((len(rows), values.shape[1]), missing, np.float32)
        found[there] = values[back]
        return found

    def _refuse_no_numbers(self, values: Array, which: Ints, taken: Ints | None) -> None:
        finite = np.isfinite(values)
        if finite.all():
            return
        region, number = np.argwhere(~finite)[0]
        file = self._file.get()
        other = file.other_names[number if taken is None else taken[number]]
        problem = f"{other} at {file.names[which[region]]} is {values[region, number]}"
        raise DataError(self.path, problem, "give each region a number, or leave it out")


@contextmanager
def _sentences() -> Iterator[None]:
    """Turns what is wrong with a file into a DataError."""
    try:
        yield
    except FormatError as error:
        fix = "give a file that `anndata.read_h5ad` or `anndata.read_zarr` reads"
        raise DataError.of(error, fix) from error
