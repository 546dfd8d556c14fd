"""The reader `Signal`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from getdsl.data.errors import DataError
from getdsl.data.opened import PerProcess
from getdsl.data.places import Ints, Place, Places
from getdsl.data.reader import Array, Context, Reader, cropped
from getdsl.formats.bigwig import BigWig, Floats
from getdsl.formats.text import FormatError

Reduction = Literal["sum", "mean", "max"]
_REDUCTIONS: Mapping[Reduction, Callable[..., Any]] = {"sum": np.sum, "mean": np.mean, "max": np.max}
WHAT_IT_TAKES = "give a bigWig file of this genome"


class Signal(Reader):
    """Values of one file [n, …], or of several [n, …, T]; reduced ones are summed in float64."""

    stands_alone = True

    def __init__(
        self,
        *,
        files: str | Sequence[str],
        length: int | None = None,
        bin: int | None = None,
        reduce: Reduction | None = None,
        swap: bool = False,
        missing: float | None = 0.0,
        jitter: int = 0,
    ) -> None:
        self.single = isinstance(files, str)
        self.paths = [files] if isinstance(files, str) else list(files)
        self.length, self.bin, self.reduce = length, bin, reduce
        self.swap, self.missing, self.jitter = swap, missing, jitter
        self.per_celltype = any("{celltype}" in path for path in self.paths)

    def open(self, context: Context) -> None:
        celltypes = context.celltypes if self.per_celltype else ("",)
        self._celltypes = context.celltypes
        self._tracks = {
            name: [_Track(Path(path.replace("{celltype}", name)), context) for path in self.paths]
            for name in celltypes
        }

    def files(self) -> tuple[Path, ...]:
        return tuple(track.path for tracks in self._tracks.values() for track in tracks)

    def read(self, places: Places) -> Floats:
        """[n, T] of whole stretches, else [n, length + 2 jitter, T]; without T for one file."""
        wide = places if self.length is None else places.resized(self.length + 2 * self._margin)
        found = [self._values(place) for place in wide]
        values = np.stack(found) if found else np.empty((0, *self._empty()), np.float32)
        return values[..., 0] if self.single else values

    @property
    def _margin(self) -> int:
        """What is reduced whole is not shifted."""
        return self.jitter if self._by_position else 0

    @property
    def _by_position(self) -> bool:
        return self.reduce is None or self.bin is not None

    def _empty(self) -> tuple[int, ...]:
        positions = (self.length + 2 * self._margin,) if self._by_position and self.length else ()
        return (*positions, len(self.paths))

    def _values(self, place: Place) -> Floats:
        tracks = self._tracks[place.celltype if self.per_celltype else ""]
        values = np.stack([self._track(track, place) for track in tracks], axis=-1)
        if place.strand < 0:
            values = values[::-1, ::-1] if self.swap else values[::-1]
        if self._by_position:
            return np.ascontiguousarray(values)
        assert self.reduce is not None
        reduced: Floats = _REDUCTIONS[self.reduce](values.astype(np.float64), axis=0).astype(np.float32)
        return reduced

    def _track(self, track: _Track, place: Place) -> Floats:
        values = track.values(place)
        absent = np.isnan(values)
        if not absent.any():
            return values
        if self.missing is None:
            at = place.start + int(np.flatnonzero(absent)[0])
            problem = f"it has no value at {place.chrom}:{at}"
            raise DataError(track.path, problem, "say what it is: `missing = 0.0`, or leave such regions out")
        values[absent] = self.missing
        return values

    def tensor(self, values: Array, shifts: Ints) -> Tensor:
        if self._by_position and self.length is not None:
            values = self._binned(cropped(values, self.length, shifts))
        return torch.from_numpy(np.ascontiguousarray(values))

    def _binned(self, values: Array) -> Array:
        if self.bin is None or self.reduce is None:
            return values
        bins = values.reshape(len(values), -1, self.bin, *values.shape[2:]).astype(np.float64)
        found: Array = _REDUCTIONS[self.reduce](bins, axis=2).astype(np.float32)
        return found

    def reverse_complement(self, values: Tensor) -> Tensor:
        axes = [] if not self._by_position else [-1] if self.single else [-2]
        axes += [-1] if self.swap and not self.single else []
        return values.flip(axes) if axes else values


class _Track:
    """A file, and how it names the genome's chromosomes."""

    def __init__(self, path: Path, context: Context) -> None:
        self.path = path
        self._file: PerProcess[BigWig] = PerProcess(partial(BigWig, path))
        try:
            lengths = self._file.get().lengths
        except FormatError as error:
            raise DataError(path, error.problem, WHAT_IT_TAKES) from error
        self._names = context.names_in(path, lengths)
        self._lengths = lengths
        if context.genome is not None:
            _refuse_other_assembly(path, lengths, self._names, context.genome.lengths)

    def values(self, place: Place) -> Floats:
        """NaN where there is nothing."""
        name = self._names.get(place.chrom)
        found = np.full(place.end - place.start, np.nan, np.float32)
        if name is None:
            return found
        start, end = max(0, place.start), min(place.end, self._lengths[name])
        if start < end:
            try:
                found[start - place.start : end - place.start] = self._file.get().values(name, start, end)
            except FormatError as error:
                raise DataError(self.path, error.problem, WHAT_IT_TAKES) from error
        return found


def _refuse_other_assembly(
    path: Path, lengths: Mapping[str, int], names: Mapping[str, str], genome: Mapping[str, int]
) -> None:
    for chrom, name in names.items():
        if chrom in genome and lengths[name] != genome[chrom]:
            problem = f"{name} has {lengths[name]:,} bp in it, and {genome[chrom]:,} in the genome"
            raise DataError(path, problem, "give files of one assembly")
