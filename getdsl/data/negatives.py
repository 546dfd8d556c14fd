"""Regions with negatives beside them: regions to train on in which there is nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.genome import Genome
from getdsl.data.table import Column, RegionTable

NEGATIVE = "negative"
"""The column that is 1 for negatives and 0 for others."""


class Matched(Protocol):
    """A source whose negatives follow from the regions: its face has the output `negatives`."""

    def beside(self, regions: RegionTable, genome: Genome | None, renamed: Mapping[str, str]) -> RegionTable:
        """Its regions. Raises DataError."""
        ...


def with_negatives(
    regions: RegionTable, made: Any, genome: Genome | None, renamed: Mapping[str, str]
) -> RegionTable:
    """The regions and then the negatives of a source, told apart by the column `negative`.

    Like other regions they are held out for where they lie. Columns that they lack are NaN or empty.
    """
    if NEGATIVE in regions.columns:
        problem = f"its column {NEGATIVE!r} is what `negatives` adds"
        raise DataError(regions.files[0], problem, "give the column another name")
    beside = getattr(made, "beside", None)
    negatives = beside(regions, genome, renamed) if beside is not None else made.table(genome, renamed)
    chromosomes = tuple(dict.fromkeys((*regions.chromosomes, *negatives.chromosomes)))
    return joined(_marked(regions, 0).on(chromosomes), _marked(negatives, 1).on(chromosomes))


def joined(one: RegionTable, other: RegionTable) -> RegionTable:
    """The regions of two tables of the same chromosomes, one after the other."""
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(one, name), getattr(other, name)])
        for name in ("chrom", "start", "end", "strand", "name", "line")
    }
    names = dict.fromkeys((*one.columns, *other.columns))
    columns = {name: np.concatenate([_column(one, other, name), _column(other, one, name)]) for name in names}
    file = np.concatenate([one.file, other.file + np.int8(len(one.files))])
    return replace(one, **arrays, file=file, files=(*one.files, *other.files), columns=columns)


def _marked(table: RegionTable, negative: int) -> RegionTable:
    column = np.full(len(table), negative, np.int8)
    return replace(table, columns={**table.columns, NEGATIVE: column})


def _column(table: RegionTable, other: RegionTable, name: str) -> Column:
    if name in table.columns:
        return table.columns[name]
    numbers = other.columns[name].dtype.kind in "fiub"
    return np.full(len(table), np.nan) if numbers else np.full(len(table), "")
