"""Where the samples of a source lie, as splits and sampling ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.data.data_source import DataSource
from getdsl.data.declared import DeclaredData
from getdsl.data.errors import DataError, suggest
from getdsl.data.places import Ints
from getdsl.data.table import Column, RegionTable

Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class SamplePlaces:
    """S samples, each of R of N regions; of a source that says no more, a sample is a region.

    `rows` [S, R] are the regions of each sample, `chrom` [N] numbers in `chromosomes`. `start` and `end` [N],
    0-based and half-open, are None where the source does not say them, `celltype` [S] is where it has none.
    """

    path: str
    rows: Ints
    chromosomes: tuple[str, ...]
    chrom: Ints
    start: Ints | None
    end: Ints | None
    celltype: Column | None
    columns: Mapping[str, Column]
    regions: RegionTable | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)  # the chromosomes by what files call them

    def __len__(self) -> int:
        return len(self.rows)

    def samples_with(self, regions: Mask) -> Mask:
        """The samples [S] that have any of some regions, a mask [N]."""
        found: Mask = np.logical_or.reduce(regions[self.rows], axis=1)
        return found

    def regions_of(self, samples: Mask) -> Mask:
        """The regions [N] of some samples, a mask [S]."""
        found = np.zeros(len(self.chrom), bool)
        found[self.rows[samples]] = True
        return found

    def known_chromosomes(self) -> list[str]:
        """Those that samples lie on, in the order of the samples."""
        numbers, first = np.unique(self.chrom[self.rows[:, 0]], return_index=True)
        return [self.chromosomes[number] for number in numbers[np.argsort(first)]]

    def column(self, name: str, setting: str) -> Column:
        """A column [N]. Raises DataError where there is none."""
        if name not in self.columns:
            problem = f"`{setting}` names the column {name!r}, which it does not have"
            raise DataError(self.path, problem, suggest(name, self.columns))
        return self.columns[name]

    def ends(self, setting: str) -> tuple[Ints, Ints]:
        """Starts and ends [N]. Raises DataError where the source does not say them."""
        if self.start is None or self.end is None:
            problem = f"`{setting}` needs the samples' places, and the source does not say them"
            raise DataError(self.path, problem, "set samples aside by `chromosomes`")
        return self.start, self.end

    def named(self, row: int) -> str:
        """A region as messages name it: `chrI:100-200 (line 7)`."""
        place: str = self.chromosomes[self.chrom[row]]
        if self.start is not None and self.end is not None:
            place += f":{self.start[row]}-{self.end[row]}"
        if self.regions is None or not self.regions.line[row]:
            return place
        file = self.regions.files[self.regions.file[row]]
        return f"{place} ({self.regions.where(row)}{_of(file, self.path)})"


def _of(file: Path, path: str) -> str:
    return "" if str(file) == path else f" of {file}"


def places_of(source: DataSource) -> SamplePlaces:
    """Where the samples of a source lie, by its regions or by the columns of its `table`."""
    if isinstance(source, DeclaredData):
        return _declared(source)
    table = source.table
    names, chrom = np.unique(source.chromosomes, return_inverse=True)
    reach = getattr(source, "reach", None)  # of samples that training shifts, all that they may read
    if reach is None and {"start", "end"} <= table.keys():
        reach = table["start"], table["end"]
    return SamplePlaces(
        source.path,
        np.arange(len(source))[:, None],
        tuple(names.tolist()),
        chrom,
        np.asarray(reach[0], np.int64) if reach is not None else None,
        np.asarray(reach[1], np.int64) if reach is not None else None,
        table.get("celltype"),
        table,
    )


def _declared(source: DeclaredData) -> SamplePlaces:
    regions = source.regions
    celltypes = source.declared.celltypes
    return SamplePlaces(
        source.path,
        np.tile(source.rows.reshape(len(source.rows), -1), (max(1, len(celltypes)), 1)),
        regions.chromosomes,
        regions.chrom,
        regions.start,
        regions.end,
        np.repeat(np.array(celltypes), len(source.rows)) if celltypes else None,
        {"name": regions.name, **regions.columns},
        regions,
        source.context.renamed or {},
    )
