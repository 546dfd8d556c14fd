"""Which samples a setting such as `hold_out` sets aside."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from getdsl.compiler.sections.data import Held
from getdsl.data.draws import BLOCK, uniform
from getdsl.data.errors import DataError, suggest
from getdsl.data.overlaps import Stretches, clusters, near
from getdsl.data.places import Ints
from getdsl.data.regions.regions import Regions
from getdsl.data.sample_places import Mask, SamplePlaces
from getdsl.data.table import Column
from getdsl.diagnostics.listing import joined


class Aside(NamedTuple):
    """Samples [S] that are set aside for where they lie, and those for their cell type."""

    by_place: Mask
    by_celltype: Mask

    @property
    def all(self) -> Mask:
        return self.by_place | self.by_celltype


def set_aside(held: Held | None, name: str, places: SamplePlaces, gap: int, taken: Mask) -> Aside:
    """The samples that any rule of the setting `name` says; `fraction` leaves those that are `taken`.

    Raises DataError where a rule cannot be answered, or finds no sample.
    """
    by_place, by_celltype = (np.zeros(len(places), bool) for _ in range(2))
    if held is None:
        return Aside(by_place, by_celltype)
    if held.chromosomes is not None:
        by_place |= _of_chromosomes(held.chromosomes, name, places)
    if held.regions is not None:
        by_place |= _in_file(Path(held.regions), name, places)
    if held.column is not None and held.values is not None:
        by_place |= _of_column(held.column, held.values, name, places)
    if held.fraction is not None:
        by_place |= _of_blocks(held, held.fraction, name, places, gap, taken | by_place)
    if held.celltypes is not None:
        by_celltype |= _of_celltypes(held.celltypes, name, places)
    return Aside(by_place, by_celltype)


def _of_chromosomes(wanted: tuple[str, ...], name: str, places: SamplePlaces) -> Mask:
    present = places.known_chromosomes()
    for each in wanted:
        if each not in present:
            problem = f"{name} names {each!r}, which has no samples"
            raise DataError(places.path, problem, suggest(each, present))
    numbers = [places.chromosomes.index(each) for each in wanted]
    return places.samples_with(np.isin(places.chrom, numbers))


def _of_celltypes(wanted: tuple[str, ...], name: str, places: SamplePlaces) -> Mask:
    if places.celltype is None:
        problem = f"`{name}.celltypes` is set, and the data have no cell types"
        raise DataError(places.path, problem, "declare them: `celltypes = […]` in `data`")
    present = list(dict.fromkeys(places.celltype.tolist()))
    for each in wanted:
        if each not in present:
            problem = f"{name} names the cell type {each!r}, which has no samples"
            raise DataError(places.path, problem, suggest(each, present))
    return np.isin(places.celltype, wanted)


def _in_file(path: Path, name: str, places: SamplePlaces) -> Mask:
    """The samples of which a region overlaps one of a BED file."""
    start, end = places.ends(f"{name}.regions")
    table = Regions(files=str(path)).table(None, places.renamed)
    number = {each: place for place, each in enumerate(places.chromosomes)}
    chrom = np.array([number.get(each, -1) for each in table.chromosomes], np.int64)[table.chrom]
    on = np.flatnonzero(chrom >= 0)
    wanted = Stretches(chrom[on], table.start[on], table.end[on])
    found = places.samples_with(near(Stretches(places.chrom, start, end), wanted) >= 0)
    if not found.any():
        problem = f"none of the {len(table):,} regions of `{name}`, such as {table.place(0)}, holds a sample"
        raise DataError(path, problem, f"the samples lie on {joined(places.known_chromosomes())}")
    return found


def _of_column(column: str, values: tuple[str, ...], name: str, places: SamplePlaces) -> Mask:
    found = places.column(column, f"{name}.column")
    regions = np.zeros(len(found), bool)
    for value in values:
        same = _equal(found, value)
        if not same.any():
            problem = f"{name} names {column} = {value!r}, which no region has"
            raise DataError(places.path, problem, suggest(value, _some_values(found)))
        regions |= same
    return places.samples_with(regions)


def _equal(column: Column, value: str) -> Mask:
    """Where a column holds a value that is written as text: 3 and 3.0 are one number."""
    if column.dtype.kind not in "fiub":
        return np.asarray(column.astype(str) == value)
    try:
        return np.asarray(column == float(value))
    except ValueError:
        return np.zeros(len(column), bool)


def _some_values(column: Column) -> list[str]:
    return [str(value) for value in np.unique(column)[:20].tolist()]


def _of_blocks(held: Held, fraction: float, name: str, places: SamplePlaces, gap: int, taken: Mask) -> Mask:
    """About the fraction of all samples, in whole blocks that hold none of those `taken`.

    Blocks are the samples that begin in the same `held.block` bp. Samples that overlap or lie closer than
    `gap` are in the block of the first of them, so that none is parted from its neighbour.
    """
    block, keys = _blocks(held.block, f"{name}.fraction", places, gap)
    free = np.ones(len(keys), bool)
    free[block[taken]] = False
    drawn = uniform(held.seed, 0, BLOCK, keys)
    order = np.flatnonzero(free)[np.argsort(drawn[free], kind="stable")]
    if len(order) < 2:
        problem = f"`{name}.fraction` finds no two blocks of samples that lie apart from each other"
        raise DataError(places.path, problem, "write a smaller `block` or `gap`, or name `chromosomes`")
    sizes = np.cumsum(np.bincount(block, minlength=len(keys))[order])
    number = 1 + int(np.argmin(np.abs(sizes[:-1] - fraction * len(places))))
    return np.isin(block, order[:number])


def _blocks(size: int, setting: str, places: SamplePlaces, gap: int) -> tuple[Ints, Ints]:
    """The block [S] of each sample, and a key for each block that no other chromosome or stretch has."""
    start, end = places.ends(setting)
    rows = places.rows
    all = Stretches(places.chrom[rows[:, 0]], start[rows].min(axis=1), end[rows].max(axis=1))
    cluster = clusters(all, gap)
    first = np.full(cluster.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, cluster, all.start)
    names = np.array([zlib.crc32(each.encode()) for each in places.chromosomes], np.int64)
    keys, block = np.unique((names[all.chrom] << 31) ^ (first[cluster] // size), return_inverse=True)
    return block, keys
