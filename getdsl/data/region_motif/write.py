"""Writes region data in GET's layout, which GET and `RegionMotif` read."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import zarr

from getdsl.data.errors import DataError
from getdsl.data.places import Ints
from getdsl.data.region_motif.chunks import Array
from getdsl.data.region_motif.genes import Genes
from getdsl.data.region_motif.peaks import Peaks
from getdsl.data.region_motif.store import (
    ATPM,
    DATA,
    EXPRESSION,
    GENE_NAMES,
    GENE_ROWS,
    GENE_STRANDS,
    MOTIFS,
    NAMES,
    TSS,
)
from getdsl.text.whole import whole_folder

ROWS = 500
"""Peaks of a chunk of `data`: a window of 200 unpacks one or two, of half a megabyte each."""
VALUES = 10_000  # of a chunk of an array with one number a peak


@dataclass(frozen=True)
class Columns:
    """What was measured of one cell type: accessibility [P], expression [P, 2] and starts of genes [P, 2].

    The two are those on the forward and on the other strand; a cell type without the one is without both.
    """

    atpm: Array
    expression: Array | None = None
    tss: Array | None = None


def write_region_motif(
    path: Path,
    peaks: Peaks,
    motifs: Sequence[str],
    data: Iterable[Array],
    celltypes: Mapping[str, Columns],
    genes: Genes | None = None,
    zarr_format: Literal[2, 3] = 2,
) -> None:
    """Writes a store, whole or not at all, in place of what is at `path`.

    `data` yields the motifs of the peaks, rows [n, M] one part after the other, as many at once as fit in
    memory; they are written by chunks of 500 peaks and never held whole. The peaks stand in the order of
    their places. Format 2 is what GET's published stores have. Raises DataError where parts do not fit
    together or hold what is not finite.
    """
    _refuse(path, peaks, motifs, celltypes)
    with whole_folder(path) as aside, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of texts of any length, which zarr 3 has no final word on
        group = zarr.open_group(aside, mode="w", zarr_format=zarr_format)
        writer = _Writer(path, group, zarr_format)
        writer.texts(NAMES, names_of(peaks))
        writer.texts(MOTIFS, list(motifs))
        writer.data(data, len(peaks), len(motifs))
        for name, columns in celltypes.items():
            writer.celltype(name, columns)
        if genes is not None:
            writer.values(GENE_ROWS, genes.rows.astype(np.int64))
            writer.texts(GENE_NAMES, genes.names.tolist())
            writer.texts(GENE_STRANDS, np.where(genes.strands == 1, "-", "+").tolist())


def names_of(peaks: Peaks) -> list[str]:
    """The names of all peaks: `chr1:100-200`."""
    columns = peaks.chrom.tolist(), peaks.start.tolist(), peaks.end.tolist()
    return [f"{peaks.chromosomes[chrom]}:{start}-{end}" for chrom, start, end in zip(*columns, strict=True)]


@dataclass(frozen=True)
class _Writer:
    path: Path
    group: Any
    zarr_format: Literal[2, 3]

    def data(self, parts: Iterable[Array], peaks: int, motifs: int) -> None:
        array = self._create(DATA, (peaks, motifs), (min(ROWS, peaks), motifs), np.float32)
        first = 0
        for rows in _of_size(parts, ROWS):
            if rows.ndim != 2 or rows.shape[1] != motifs or first + len(rows) > peaks:
                shape = " x ".join(map(str, rows.shape))
                self._wrong(f"`data` goes on with {shape} at row {first}, and it has {peaks} x {motifs}")
            if not np.isfinite(rows).all():
                row = first + int(np.argmin(np.isfinite(rows).all(axis=1)))
                self._wrong(f"`data` of row {row} is not finite")
            array[first : first + len(rows)] = rows
            first += len(rows)
        if first != peaks:
            self._wrong(f"`data` ends after row {first}, and there are {peaks} peaks")

    def celltype(self, name: str, columns: Columns) -> None:
        self.values(f"{ATPM}/{name}", columns.atpm.astype(np.float32))
        if columns.expression is None or columns.tss is None:
            return
        for number, strand in enumerate(EXPRESSION):
            self.values(f"{strand}/{name}", columns.expression[:, number].astype(np.float32))
        self.values(f"{TSS}/{name}", columns.tss.astype(np.int8))

    def values(self, name: str, values: Array) -> None:
        if not np.isfinite(values).all():
            row = int(np.argmin(np.isfinite(values.reshape(len(values), -1)).all(axis=1)))
            self._wrong(f"`{name}` of row {row} is {values[row]}")
        chunks = (min(VALUES, max(1, len(values))), *values.shape[1:])
        self._create(name, values.shape, chunks, values.dtype)[:] = values

    def texts(self, name: str, texts: Sequence[str]) -> None:
        """Texts of one width in format 2, as GET's stores have them, and of any in format 3."""
        values = np.array(texts, dtype=str)
        dtype: Any = values.dtype if self.zarr_format == 2 else str
        array = self._create(name, values.shape, (min(VALUES, max(1, len(values))),), dtype)
        array[:] = values if self.zarr_format == 2 else values.astype(object)

    def _create(self, name: str, shape: tuple[int, ...], chunks: tuple[int, ...], dtype: Any) -> Any:
        kept = {"compressors": _blosc()} if self.zarr_format == 2 else {}
        return self.group.create_array(name, shape=shape, chunks=chunks, dtype=dtype, **kept)

    def _wrong(self, problem: str) -> None:
        raise DataError(self.path, f"it was not written: {problem}", "correct what it is written from")


def _blosc() -> Any:
    from numcodecs import Blosc

    return Blosc("zstd", clevel=3, shuffle=Blosc.BITSHUFFLE)


def _of_size(parts: Iterable[Array], size: int) -> Iterator[Array]:
    """The same rows, `size` at a time; the last part may have fewer."""
    waiting: list[Array] = []
    number = 0
    for part in parts:
        waiting.append(np.asarray(part, np.float32))
        number += len(part)
        while number >= size:
            joined = np.concatenate(waiting)
            yield joined[:size]
            waiting, number = [joined[size:]], len(joined) - size
    if number:
        yield np.concatenate(waiting)


def _refuse(path: Path, peaks: Peaks, motifs: Sequence[str], celltypes: Mapping[str, Columns]) -> None:
    """Raises DataError where parts do not fit together."""
    fix = "correct what it is written from"
    if not len(peaks) or not motifs or not celltypes:
        what = "peaks" if not len(peaks) else "motifs" if not motifs else "cell types"
        raise DataError(path, f"it was not written: there are no {what}", fix)
    back = np.flatnonzero(_falls(peaks.chrom, peaks.start, peaks.end))
    if back.size:
        problem = f"{peaks.named(int(back[0]) + 1)} lies before the peak above it"
        raise DataError(path, f"it was not written: {problem}", "order the peaks by chromosome and start")
    for name, columns in celltypes.items():
        shapes = {"atpm": columns.atpm, "expression": columns.expression, "tss": columns.tss}
        for what, values in shapes.items():
            wanted = (len(peaks),) if what == "atpm" else (len(peaks), 2)
            if values is not None and values.shape != wanted:
                problem = f"{what} of {name!r} has the shape {values.shape}, not {wanted}"
                raise DataError(path, f"it was not written: {problem}", fix)
        if "/" in name or name in (".", "..", ""):
            problem = f"the cell type {name!r} cannot be the name of an array"
            raise DataError(path, f"it was not written: {problem}", "rename it")


def _falls(*columns: Ints) -> Any:
    """Where the next row's numbers are less, the first that differ."""
    falls = np.zeros(max(0, len(columns[0]) - 1), bool)
    same = ~falls
    for values in columns:
        step = np.diff(values)
        falls |= same & (step < 0)
        same &= step == 0
    return falls
