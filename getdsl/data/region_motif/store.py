"""A store in GET's published layout, opened and looked at."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from getdsl.data.errors import DataError, suggest
from getdsl.data.opened import PerProcess
from getdsl.data.places import Ints
from getdsl.data.region_motif.chunks import Array, Chunks, unpacked
from getdsl.data.region_motif.cut_off import refuse_cut_off
from getdsl.data.region_motif.peaks import Peaks, peaks_of
from getdsl.diagnostics.listing import joined

DATA, NAMES, MOTIFS = "data", "peak_names", "motif_names"
ATPM, TSS = "atpm", "tss"
EXPRESSION = "expression_positive", "expression_negative"
GENE_ROWS, GENE_NAMES, GENE_STRANDS = (f"gene_idx_info_{part}" for part in ("index", "name", "strand"))


@dataclass
class _Opened:
    """What a process has open of a store."""

    group: Any
    chunks: Chunks
    arrays: dict[str, Any] = field(default_factory=dict)


class MotifStore:
    """The arrays of a zarr (format 2 or 3) by name, read in rows. Raises DataError where it is none."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self._opened = PerProcess(self._open)
        self.group  # noqa: B018 - whether it can be opened is said first
        refuse_cut_off(path)
        self._refuse_others()

    def _refuse_others(self) -> None:
        """Raises DataError where this is no region data of GET."""
        missing = [name for name in (DATA, NAMES, MOTIFS, ATPM) if name not in self.group]
        if missing:
            there = joined(sorted(self.group)) or "nothing"
            problem = f"it has no `{missing[0]}`, so it is no region data of GET; it holds {there}"
            raise DataError(self.path, problem, "give a zarr in GET's layout, or declare a `batch`")
        self.motifs: tuple[str, ...] = tuple(self._texts(MOTIFS).tolist())
        if self.array(DATA).shape != (len(self.peaks), len(self.motifs)):
            shape = " x ".join(map(str, self.array(DATA).shape))
            wanted = f"{len(self.peaks)} peaks and {len(self.motifs)} motifs"
            problem = f"its `data` is {shape}, and its names are those of {wanted}"
            raise DataError(self.path, problem, "fetch or write the store again")

    def _open(self) -> _Opened:
        return _Opened(open_group(self.path), Chunks(self.path))

    @property
    def group(self) -> Any:
        return self._opened.get().group

    @cached_property
    def peaks(self) -> Peaks:
        array = self.group[NAMES]
        numbers = range(-(-array.shape[0] // array.chunks[0]))
        return peaks_of((as_texts(unpacked(array, number, self.path)) for number in numbers), self.path)

    @property
    def celltypes(self) -> tuple[str, ...]:
        """Those with accessibility, in the order of their names."""
        return tuple(sorted(self.group[ATPM]))

    def chosen(self, wanted: Sequence[str] | None) -> tuple[str, ...]:
        """Some cell types, or all. Raises DataError where one is not there."""
        for name in wanted or ():
            if name not in self.celltypes:
                problem = f"it has no cell type {name!r}"
                raise DataError(self.path, problem, suggest(name, self.celltypes))
        return tuple(wanted) if wanted is not None else self.celltypes

    def has(self, *names: str) -> bool:
        """Whether it has all of some arrays, such as `tss/ctA`."""
        return all(name in self.group for name in names)

    def array(self, name: str) -> Any:
        """An array with a row for each peak. Raises DataError where it is absent, or has others."""
        arrays = self._opened.get().arrays
        if name not in arrays:
            arrays[name] = self._array(name)
        return arrays[name]

    def _array(self, name: str) -> Any:
        if name not in self.group:
            raise DataError(self.path, f"it has no `{name}`", f"it holds {joined(sorted(self.group))}")
        found = self.group[name]
        if found.shape[0] != len(self.peaks):
            problem = f"`{name}` has {found.shape[0]} rows, and there are {len(self.peaks)} peaks"
            raise DataError(self.path, problem, "fetch or write the store again")
        return found

    def rows(self, name: str, rows: Ints) -> Array:
        """Some rows of an array."""
        return self._opened.get().chunks.rows(self.array(name), rows)

    def fill(self, found: Array, name: str, rows: Ints) -> None:
        """Writes some rows of an array into `found`."""
        self._opened.get().chunks.fill(found, self.array(name), rows)

    def column(self, name: str) -> Array:
        """All rows of an array with one number a peak. Raises DataError where one is not finite."""
        found = self._read(self.array(name))
        wrong = ~np.isfinite(found)
        if wrong.any():
            row = int(np.argmax(wrong.reshape(len(found), -1).any(axis=1)))
            problem = f"`{name}` of {self.peaks.named(row)} is {found[row]}"
            raise DataError(self.path, problem, "give each peak a finite number")
        return found

    def genes(self) -> tuple[Array, Array, Array]:
        """The peak's row, the name and the strand of each gene's start. Raises DataError."""
        found = [self._read(self._array_of_genes(name)) for name in (GENE_ROWS, GENE_NAMES, GENE_STRANDS)]
        if len({len(part) for part in found}) != 1:
            lengths = ", ".join(str(len(part)) for part in found)
            problem = f"its genes' rows, names and strands are {lengths} in number"
            raise DataError(self.path, problem, "fetch or write the store again")
        rows = found[0].astype(np.int64)
        if len(rows) and not (rows.min() >= 0 and rows.max() < len(self.peaks)):
            problem = (
                f"its genes lie on rows {rows.min()} to {rows.max()}, and it has {len(self.peaks)} peaks"
            )
            raise DataError(self.path, problem, "fetch or write the store again")
        return rows, as_texts(found[1]), as_texts(found[2])

    def _texts(self, name: str) -> Array:
        return as_texts(self._read(self.group[name]))

    def _array_of_genes(self, name: str) -> Any:
        if name not in self.group:
            problem = f"it has no `{name}`, and `genes` are asked for"
            raise DataError(self.path, problem, "take `genes` away, or give a store with genes")
        return self.group[name]

    def _read(self, array: Any) -> Array:
        try:
            found: Array = array[:]
        except Exception as error:  # codecs raise what they like
            problem = f"`{array.name.strip('/')}` cannot be read ({error})"
            raise DataError(self.path, problem, "fetch or write the store again: it is damaged") from error
        return found


def open_group(path: str) -> Any:
    """The zarr group of a folder. Raises DataError where there is none."""
    fix = "give the folder of a zarr, such as `pbmc10k.zarr`"
    if not Path(path).is_dir():
        raise DataError(path, "there is no such folder", fix)
    try:
        with warnings.catch_warnings():  # of texts of any length, which zarr 3 has no final word on
            warnings.simplefilter("ignore")
            return zarr.open_group(path, mode="r")
    except Exception as error:
        raise DataError(path, f"it is no zarr group ({error})", fix) from error


def as_texts(values: Array) -> Array:
    """Texts as numpy's of one width: zarr's come in three kinds, of format 2, of format 3, and bytes."""
    if values.dtype.kind == "S":
        return np.char.decode(values, "utf-8")
    return (
        values if values.dtype.kind == "U" else np.array([str(item) for item in values.tolist()], dtype=str)
    )


def expression_of(celltype: str) -> Iterable[str]:
    """The arrays that a cell type with expression has."""
    return [f"{name}/{celltype}" for name in (*EXPRESSION, TSS)]
