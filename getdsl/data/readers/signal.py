"""The reader `Signal`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from getdsl.data.errors import DataError
from getdsl.data.places import Ints, Place, Places
from getdsl.data.reader import Array, Context, Reader, cropped
from getdsl.data.signal_files import Track
from getdsl.formats.bigwig import Doubles

Floats = np.ndarray[Any, np.dtype[np.float32]]
Reduction = Literal["sum", "mean", "max"]
_REDUCTIONS: Mapping[Reduction, Callable[..., Any]] = {"sum": np.sum, "mean": np.mean, "max": np.max}
_AT_ONCE = 1 << 20  # bp of a long region


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
        missing: float | Literal["nan"] | None = 0.0,
        transform: Literal["log1p"] | None = None,
        jitter: int = 0,
    ) -> None:
        self.single = isinstance(files, str)
        self.paths = [files] if isinstance(files, str) else list(files)
        self.length, self.bin, self.reduce = length, bin, reduce
        self.swap, self.transform, self.jitter = swap, transform, jitter
        self.missing = None if missing is None else float(missing)
        self.nan_is_unknown = self.missing is not None and np.isnan(self.missing)
        self.per_celltype = any("{celltype}" in path for path in self.paths)

    def open(self, context: Context) -> None:
        if self.per_celltype and not context.celltypes:
            path = next(path for path in self.paths if "{celltype}" in path)
            raise DataError(path, "`data` has no cell types", 'write `celltypes = ["…"]` in `data`')
        celltypes = context.celltypes if self.per_celltype else ("",)
        self._tracks = {
            name: [Track(Path(path.replace("{celltype}", name)), context) for path in self.paths]
            for name in celltypes
        }

    def files(self) -> tuple[Path, ...]:
        return tuple(track.path for tracks in self._tracks.values() for track in tracks)

    @property
    def _reduced(self) -> bool:
        """Whether `read` makes one value of each place: of bins, and of what is shifted, `tensor` does."""
        return self.reduce is not None and self.bin is None and not (self.jitter and self.length)

    def read(self, places: Places) -> Floats:
        """[n, length + 2 jitter, T], or [n, T] where whole places are reduced; without T for one file."""
        if self._reduced:
            at = places if self.length is None else places.resized(self.length)
            values = self._of_whole(at)
        else:
            assert self.length is not None
            values = self._by_base(places, self.length + 2 * self.jitter)
        return values[..., 0] if self.single else values

    def _by_base(self, places: Places, width: int) -> Floats:
        found = np.empty((len(self.paths), len(places), width), np.float32)
        listed = list(places.resized(width))
        for row, place in enumerate(listed):
            for column, track in enumerate(self._tracks_of(place)):
                found[column, row] = track.values(place.chrom, place.start, place.end)

        def base(column: int, row: int, at: int) -> tuple[Track, str, int]:
            place = listed[row]
            return self._tracks_of(place)[column], place.chrom, place.start + at

        self._fill(found, base)
        backwards = places.strand < 0
        if backwards.any():
            found[:, backwards] = found[:: -1 if self.swap else 1, backwards, ::-1]
        return np.moveaxis(found, 0, -1)

    def _of_whole(self, places: Places) -> Floats:
        found = np.empty((len(places), len(self.paths)), np.float32)
        for row, place in enumerate(places):
            found[row] = [self._one_value(track, place) for track in self._tracks_of(place)]
        if self.swap:
            found[places.strand < 0] = found[places.strand < 0, ::-1]
        return found

    def _one_value(self, track: Track, place: Place) -> float:
        """Of a place of any length, a stretch at a time."""
        reduced = _REDUCTIONS["max" if self.reduce == "max" else "sum"]
        parts = [
            reduced(self._values(track, place, start, min(start + _AT_ONCE, place.end)))
            for start in range(place.start, place.end, _AT_ONCE)
        ]
        whole = float(reduced(parts))
        return whole / (place.end - place.start) if self.reduce == "mean" else whole

    def _tracks_of(self, place: Place) -> list[Track]:
        return self._tracks[place.celltype if self.per_celltype else ""]

    def _values(self, track: Track, place: Place, start: int, end: int) -> Doubles:
        values = track.values(place.chrom, start, end)
        self._fill(values, lambda at: (track, place.chrom, start + at))
        return values

    def _fill(self, values: Array, place_of: Callable[..., tuple[Track, str, int]]) -> None:
        """Puts what stands for no value where there is none. Raises DataError where nothing does."""
        absent = np.isnan(values)
        if not absent.any():
            return
        if self.missing is None:
            track, chrom, at = place_of(*(int(axis[0]) for axis in np.nonzero(absent)))
            problem = f"it has no value at {chrom}:{at}"
            raise DataError(track.path, problem, "say what it is: `missing = 0.0`, or leave such regions out")
        values[absent] = self.missing

    def tensor(self, values: Array, shifts: Ints) -> Tensor:
        if not self._reduced:
            assert self.length is not None
            values = self._binned(cropped(values, self.length, shifts))
        if self.transform == "log1p":
            self._refuse_below(values, -1)
            values = np.log1p(values)
        return torch.from_numpy(np.ascontiguousarray(values, np.float32))

    def _binned(self, values: Array) -> Array:
        """What is reduced of [n, length, …]: bins, or all of it."""
        if self.reduce is None:
            return values
        number, length, *tracks = values.shape
        width = self.bin or length
        bins = values.reshape(number, length // width, width, *tracks)
        double = {} if self.reduce == "max" else {"dtype": np.float64}
        found: Array = _REDUCTIONS[self.reduce](bins, axis=2, **double).astype(np.float32)
        return found if self.bin is not None else found[:, 0]

    def _refuse_below(self, values: Array, least: float) -> None:
        if (values <= least).any():
            problem = f"it has values as low as {values.min():g}, which have no logarithm of 1 + value"
            raise DataError(self.paths[0], problem, "take `transform` away")

    def reverse_complement(self, values: Tensor) -> Tensor:
        return values.flip(self._turned) if self.turns else values

    @property
    def turns(self) -> bool:
        return bool(self._turned)

    @property
    def _turned(self) -> list[int]:
        """The axes that run the other way along the other strand."""
        by_position = self.reduce is None or self.bin is not None
        axes = [] if not by_position else [-1] if self.single else [-2]
        return axes + ([-1] if self.swap and not self.single else [])
