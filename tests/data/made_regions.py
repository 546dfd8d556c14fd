"""Regions made for tests of readers, and places in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from getdsl.data.places import Places
from getdsl.data.reader import Context, Reader
from getdsl.data.table import RegionTable

YEAST = Path(__file__).parents[3] / "shared/data/yeast_formats"


class Region(NamedTuple):
    chrom: str
    start: int
    end: int
    strand: str = "."
    name: str = ""


def table_of(regions: Sequence[Region], columns: Mapping[str, Any] | None = None) -> RegionTable:
    """As if a file `regions.bed` held them, the first on line 1."""
    chromosomes = tuple(dict.fromkeys(region.chrom for region in regions))
    return RegionTable(
        chromosomes,
        np.array([chromosomes.index(region.chrom) for region in regions], np.int64),
        np.array([region.start for region in regions], np.int64),
        np.array([region.end for region in regions], np.int64),
        np.array([{"+": 1, "-": -1, ".": 0}[region.strand] for region in regions], np.int8),
        np.array([region.name or f"{region.chrom}:{region.start}-{region.end}" for region in regions], str),
        (Path("regions.bed"),),
        np.zeros(len(regions), np.int8),
        np.arange(1, len(regions) + 1),
        {name: np.asarray(values) for name, values in (columns or {}).items()},
    )


def context_of(
    table: RegionTable | Sequence[Region],
    celltypes: Sequence[str] = (),
    lengths: Mapping[str, int] | None = None,
    renamed: Mapping[str, str] | None = None,
) -> Context:
    genome: Any = SimpleNamespace(lengths=lengths, path=Path("genome.fa")) if lengths is not None else None
    table = table if isinstance(table, RegionTable) else table_of(table)
    return Context(table, genome, tuple(celltypes), renamed)


def places_of(context: Context, celltype: str = "", rows: Sequence[int] | None = None) -> Places:
    """All regions, or those of some rows, as samples of a cell type."""
    table, row = context.table, np.arange(len(context.table)) if rows is None else np.asarray(rows, np.int64)
    number = context.celltypes.index(celltype) if celltype else 0
    return Places(
        table.chrom[row],
        table.start[row],
        table.end[row],
        np.where(table.strand[row] < 0, -1, 1).astype(np.int8),
        row,
        np.full(len(row), number),
        table.chromosomes,
        context.celltypes,
    )


def read(reader: Reader, context: Context, celltype: str = "", shift: int = 0) -> Any:
    """What a batch of all regions holds, opened anew, each shifted."""
    reader.open(context)
    places = places_of(context, celltype)
    return reader.tensor(reader.read(places), np.full(len(places), shift)).numpy()
