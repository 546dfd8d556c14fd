"""Readers without a spec: a genome, a table of places, and what a reader yields for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from getdsl.data.genome import Genome
from getdsl.data.places import Places
from getdsl.data.reader import Context, Reader
from getdsl.data.table import RegionTable

Place = tuple[str, int, int, int]
"""Chromosome, start, end and strand."""


def table_of(places: Sequence[Place], chromosomes: tuple[str, ...]) -> RegionTable:
    chrom, start, end, strand = zip(*places, strict=True)
    return RegionTable(
        chromosomes,
        np.array([chromosomes.index(name) for name in chrom]),
        np.array(start),
        np.array(end),
        np.array(strand, np.int8),
        np.array([f"{c}:{s}-{e}" for c, s, e in zip(chrom, start, end, strict=True)]),
        (Path("regions.bed"),),
        np.zeros(len(start), np.int8),
        np.arange(1, len(start) + 1),
    )


def context_of(
    places: Sequence[Place],
    chromosomes: tuple[str, ...],
    genome: Genome | None = None,
    celltypes: tuple[str, ...] = (),
    renamed: Mapping[str, str] | None = None,
) -> Context:
    return Context(table_of(places, chromosomes), genome, celltypes, renamed)


def places_of(context: Context, celltype: Sequence[int] | None = None) -> Places:
    """All regions of a table, of cell type 0 or of those that are given."""
    table = context.table
    rows = np.arange(len(table))
    strand = np.where(table.strand < 0, -1, 1).astype(np.int8)
    types = np.zeros(len(table), np.int64) if celltype is None else np.array(celltype)
    return Places(
        table.chrom, table.start, table.end, strand, rows, types, table.chromosomes, context.celltypes
    )


def read(
    reader: Reader, context: Context, shifts: Any = None, celltype: Sequence[int] | None = None
) -> Tensor:
    """What a batch of all regions holds."""
    reader.open(context)
    places = places_of(context, celltype)
    shifts = np.zeros(len(places), np.int64) if shifts is None else np.asarray(shifts)
    return reader.tensor(reader.read(places), shifts)
