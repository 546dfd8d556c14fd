"""Where the regions of samples lie on the genome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from getdsl.data.data_source import DataSource, Indices
from getdsl.data.declared import DeclaredData
from getdsl.data.places import Ints
from getdsl.data.records import Records
from getdsl.data.region_motif.region_motif import RegionMotif
from getdsl.data.table import Column

STRANDS = np.array([".", "+", "-"])


@dataclass(frozen=True)
class Located:
    """N regions, 0-based and half-open; `rows` gives those of some samples [n, R].

    `chrom` are numbers in `chromosomes`, `strand` is 1, -1, or 0 where nothing says it. `lengths` are the
    chromosomes', or where no genome says them the ends of their last regions. `windows` says whether a sample
    is several regions. `celltype` [S] is each sample's, a number in `celltypes`.
    """

    chromosomes: tuple[str, ...]
    lengths: Mapping[str, int]
    chrom: Ints
    start: Ints
    end: Ints
    strand: Ints
    name: Column
    rows: Callable[[Indices], Ints]
    windows: bool
    celltypes: tuple[str, ...] = ()
    celltype: Ints | None = None

    def columns(self, rows: Ints) -> dict[str, Column]:
        """What identifies some regions."""
        return {
            "name": self.name[rows],
            "chrom": np.array(self.chromosomes)[self.chrom[rows]],
            "start": self.start[rows],
            "end": self.end[rows],
            "strand": STRANDS[self.strand[rows]],
        }


def located(source: DataSource) -> Located | None:
    """None where the source does not say where its samples lie."""
    if isinstance(source, DeclaredData):
        return _declared(source)
    if isinstance(source, RegionMotif):
        return _region_motif(source)
    return _table(source) if {"chrom", "start", "end"} <= source.table.keys() else None


def _declared(source: DeclaredData) -> Located:
    table, rows = source.regions, source.rows
    celltypes = source.declared.celltypes
    number = np.repeat(np.arange(len(celltypes)), len(rows)) if celltypes else None
    return Located(
        table.chromosomes,
        source.context.lengths or _ends(table.chromosomes, table.chrom, table.end),
        table.chrom,
        table.start,
        table.end,
        table.strand.astype(np.int64),
        table.name,
        lambda indices: rows[indices % len(rows)].reshape(len(indices), -1),
        rows.ndim == 2,
        celltypes,
        number,
    )


def _region_motif(source: RegionMotif) -> Located:
    peaks = source.store.peaks
    chrom = np.array(peaks.chromosomes)[peaks.chrom].tolist()
    names = [f"{a}:{b}-{c}" for a, b, c in zip(chrom, peaks.start, peaks.end, strict=True)]
    return Located(
        peaks.chromosomes,
        _ends(peaks.chromosomes, peaks.chrom, peaks.end),
        peaks.chrom,
        peaks.start,
        peaks.end,
        np.zeros(len(peaks), np.int64),
        np.array(names),
        lambda indices: source.samples.of(indices)[1],
        True,
        tuple(source.celltypes),
        source.samples.celltype,
    )


def _table(source: DataSource) -> Located:
    """A sample is a region."""
    table = source.table
    chromosomes, chrom = np.unique(table["chrom"], return_inverse=True)
    names = tuple(chromosomes.tolist())
    strand = table.get("strand", np.full(len(chrom), "."))
    start, end = (np.asarray(table[name], np.int64) for name in ("start", "end"))
    lengths = source.lengths if isinstance(source, Records) else _ends(names, chrom, end)
    return Located(
        names,
        lengths,
        chrom,
        start,
        end,
        np.where(strand == "-", -1, np.where(strand == "+", 1, 0)),
        table.get("name", np.full(len(chrom), ".")),
        lambda indices: indices[:, None],
        False,
    )


def _ends(chromosomes: tuple[str, ...], chrom: Ints, end: Ints) -> dict[str, int]:
    last = np.zeros(len(chromosomes), np.int64)
    np.maximum.at(last, chrom, end)
    return dict(zip(chromosomes, last.tolist(), strict=True))
