"""In which samples genes start: one for each region that holds a start, and cell type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from getdsl.data.places import Ints
from getdsl.data.table import Column
from getdsl.runs.genes.starts import GeneStarts
from getdsl.runs.predict.chosen import Chosen
from getdsl.runs.predict.located import Located, located

_AT_ONCE = 4096  # samples


@dataclass(frozen=True)
class StartSamples:
    """For each pair and cell type: the sample, by its place among those chosen, and the place in it."""

    gene: Ints
    celltype: Ints
    sample: Ints
    position: Ints
    row: Ints


def start_samples(starts: GeneStarts, chosen: Chosen) -> StartSamples:
    """Of several samples that hold a region, the one in which it lies nearest to the middle."""
    places = located(chosen.source)
    assert places is not None
    wanted = np.zeros(len(places.start), bool)
    wanted[starts.row] = True
    found = [np.stack(each) for each in _hits(places, chosen, wanted)]
    row, celltype, away, sample, position = np.concatenate([np.empty((5, 0), np.int64), *found], axis=1)
    order = np.lexsort((sample, away, celltype, row))
    first = np.ones(len(order), bool)
    first[1:] = (row[order][1:] != row[order][:-1]) | (celltype[order][1:] != celltype[order][:-1])
    row, celltype, sample, position = (item[order][first] for item in (row, celltype, sample, position))
    pair, at = _joined(starts.row, row)
    return StartSamples(starts.gene[pair], celltype[at], sample[at], position[at], row[at])


def _hits(places: Located, chosen: Chosen, wanted: Column) -> Iterator[tuple[Ints, ...]]:
    """Row, cell type, distance from the middle, sample and place of all regions that are wanted."""
    for start in range(0, len(chosen.indices), _AT_ONCE):
        indices = chosen.indices[start : start + _AT_ONCE]
        rows = places.rows(indices)
        sample, position = np.nonzero(wanted[rows])
        celltype = places.celltype[indices[sample]] if places.celltype is not None else 0 * sample
        away = np.abs(position - rows.shape[1] // 2)
        yield rows[sample, position], celltype, away, sample + start, position


def _joined(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """All pairs of places in two arrays with the same number; `right` is ordered."""
    low, high = (np.searchsorted(right, left, side=side) for side in ("left", "right"))
    number = high - low
    one = np.repeat(np.arange(len(left)), number)
    other = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number) + np.repeat(low, number)
    return one, other
