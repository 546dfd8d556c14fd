"""Predictions as bigWig tracks, a file each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from getdsl.data.places import Ints
from getdsl.diagnostics import UserError
from getdsl.formats.bigwig import write_bigwig
from getdsl.runs.opened.session import Session
from getdsl.runs.predict.chosen import Chosen
from getdsl.runs.predict.coverage import Floats, Interval, Stretches, Values
from getdsl.runs.predict.form import is_track
from getdsl.runs.predict.located import Located, located
from getdsl.runs.predict.partial import Partial
from getdsl.runs.predict.stored import StoredOutput
from getdsl.runs.predict.track_axes import TrackAxes, refusal, size_of, track_axes
from getdsl.runs.predict.wanted import Wanted
from getdsl.runs.predict.writer import Array
from getdsl.runs.run_folder.checkpoint import saving

Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Track:
    """One file: of an output one track, of one cell type where there are several."""

    path: Path
    output: str
    axes: TrackAxes
    number: int
    celltype: int | None


@dataclass(frozen=True)
class TrackForm:
    tracks: list[Track]
    places: Located
    chosen: Chosen
    swap: bool

    @staticmethod
    def of(output: Path, session: Session, chosen: Chosen, wanted: Wanted) -> TrackForm:
        """Raises UserError where an output is no track, or nothing says where samples lie."""
        places = located(chosen.source)
        if places is None:
            raise UserError(
                f"the data `{chosen.source.path}` do not say where samples lie, so there are no tracks",
                "write `OUT.zarr` or `OUT.parquet`",
            )
        spec = session.spec
        axes = {
            name: track_axes(spec, type, windows=places.windows, bin_size=wanted.bin_size)
            for name, type in spec.graph.output_types().items()
        }
        asked = wanted.outputs or tuple(axes)
        can = [name for name, found in axes.items() if found is not None]
        tracks: list[tuple[str, TrackAxes, int]] = []
        for name in asked:
            found = axes[name]
            if found is None:
                raise UserError(*refusal(spec, name, can))
            type = spec.graph.output_types()[name]
            number = size_of(spec, type.shape[found.tracks]) if found.tracks is not None else 1
            tracks += [(name, found, each) for each in range(number or 1)]
        celltypes = [] if places.celltype is None else np.unique(places.celltype[chosen.indices]).tolist()
        named = [
            Track(_path(output, places, name, found, each, celltype, celltypes), name, found, each, celltype)
            for name, found, each in tracks
            for celltype in celltypes or [None]
        ]
        if len(named) == 1:
            named = [Track(output, *tracks[0], celltype=named[0].celltype)]
        return TrackForm(named, places, chosen, _swapped(session))

    @property
    def targets(self) -> list[Path]:
        return [track.path for track in self.tracks]

    def ours(self, path: Path) -> bool:
        return is_track(path)

    def finish(self, partial: Partial) -> None:
        group = zarr.open_group(partial.store, mode="r")
        for track in self.tracks:
            aside = partial.folder / "track.bw"
            with saving(track.path):
                intervals = self._intervals(StoredOutput(group, track.output), track)
                write_bigwig(aside, self.places.lengths, _not_empty(intervals, track.path))
                aside.replace(track.path)

    def _intervals(self, stored: StoredOutput, track: Track) -> Iterator[Interval]:
        """Those of a track, chromosome by chromosome."""
        if track.axes.bins is None:
            regions, values = self._by_region(stored, track)
            start, end = self.places.start[regions], self.places.end[regions]
        else:
            samples = self._samples_of(track)
            regions = self.places.rows(self.chosen.indices[samples])[:, 0]
            values = self._along(stored, track, samples, regions)
            width = stored.shape[track.axes.bins] * track.axes.bin
            start = (self.places.start[regions] + self.places.end[regions]) // 2 - width // 2
            end = start + width
        for number, chrom in enumerate(self.places.chromosomes):
            here = np.flatnonzero(self.places.chrom[regions] == number)
            here = here[np.lexsort((end[here], start[here]))]
            length = self.places.lengths[chrom]
            yield from Stretches(chrom, length, here, start[here], end[here]).intervals(values)

    def _samples_of(self, track: Track) -> Ints:
        """The places in the store of the samples of a track's cell type."""
        celltype = self.places.celltype
        if track.celltype is None or celltype is None:
            return np.arange(len(self.chosen.indices))
        return np.flatnonzero(celltype[self.chosen.indices] == track.celltype)

    def _by_region(self, stored: StoredOutput, track: Track) -> tuple[Ints, Values]:
        """The regions that have a value, and it: over the samples that hold a region its mean."""
        total = np.zeros(len(self.places.start))
        number = np.zeros(len(total), np.int64)
        mine = np.zeros(len(self.chosen.indices), bool)
        mine[self._samples_of(track)] = True
        for part, values in stored.pieces():
            rows = self.places.rows(self.chosen.indices[part])
            found = self._one_track(values, track, self.places.strand[rows] < 0)
            np.add.at(total, rows[mine[part]], found[mine[part]])
            np.add.at(number, rows[mine[part]], 1)
        regions = np.flatnonzero(number)
        mean = total[regions] / number[regions]
        return regions, lambda numbers: mean[numbers][:, None]

    def _along(self, stored: StoredOutput, track: Track, samples: Ints, regions: Ints) -> Values:
        """[n, bins] of some samples, along the chromosome."""
        backwards = self.places.strand[regions] < 0

        def values(numbers: Ints) -> Floats:
            turned = backwards[numbers]
            found = self._one_track(stored.rows(samples[numbers]), track, turned[:, None])
            found[turned] = found[turned, ::-1]
            return found

        return values

    def _one_track(self, values: Array, track: Track, backwards: Flags) -> Floats:
        """[n, R] or [n, bins] of one track; of two strands, the other one where a region lies `backwards`."""
        axes = track.axes
        found = _taken(values, axes, track.number).reshape(len(values), -1)
        if self.swap and axes.tracks is not None and values.shape[axes.tracks] == 2:
            other = _taken(values, axes, 1 - track.number).reshape(found.shape)
            found = np.where(backwards, other, found)
        return found


def _taken(values: Array, axes: TrackAxes, number: int) -> Floats:
    chosen = values if axes.tracks is None else np.take(values, number, axis=axes.tracks)
    return np.array(chosen, np.float64)


def _swapped(session: Session) -> bool:
    """Whether two tracks are the two strands, which readers swap where a region lies on the other one."""
    data = session.spec.data
    readers = data.readers.values() if data is not None else ()
    return any(each.params.get("swap") is True or each.name == "Expression" for each in readers)


def _path(
    output: Path,
    places: Located,
    name: str,
    axes: TrackAxes,
    number: int,
    celltype: int | None,
    celltypes: list[int],
) -> Path:
    """`OUT.bw` of one track, of several `OUT.NAME.CELLTYPE.NUMBER.bw` with what tells them apart."""
    parts = [output.stem, name]
    if celltype is not None and len(celltypes) > 1:
        parts.append(places.celltypes[celltype])
    if axes.tracks is not None:
        parts.append(str(number))
    return output.with_name(".".join(parts) + output.suffix)


def _not_empty(intervals: Iterator[Interval], path: Path) -> Iterator[Interval]:
    """Raises UserError where there is nothing to write, of which the library makes no file."""
    first = next(intervals, None)
    if first is None:
        raise UserError(f"`{path}` would hold no value: all predictions are NaN", "look at them as OUT.zarr")
    yield first
    yield from intervals
