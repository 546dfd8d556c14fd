"""Rows of files as regions of a genome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from getdsl.data.errors import DataError, suggest
from getdsl.data.genome import Genome
from getdsl.data.table import Column, RegionTable
from getdsl.formats.bed import Rows


def placed(
    files: Sequence[Rows], paths: Sequence[Path], genome: Genome | None, renamed: Mapping[str, str]
) -> RegionTable:
    """The rows of all files, one after the other. Raises DataError where they do not lie on the genome."""
    chrom = np.concatenate([rows.chrom for rows in files])
    if not len(chrom):
        raise DataError(paths[0], "it holds no regions", "give a file with regions")
    names, numbers = np.unique(chrom, return_inverse=True)
    called = [renamed.get(name, name) for name in names.tolist()]
    chromosomes = tuple(genome.lengths) if genome is not None else tuple(dict.fromkeys(called))
    place = {name: number for number, name in enumerate(chromosomes)}
    number_of = np.array([place.get(name, -1) for name in called], np.int64)
    file = np.repeat(np.arange(len(files), dtype=np.int8), [len(rows.chrom) for rows in files])
    columns = set.intersection(*(set(rows.columns) for rows in files))
    table = RegionTable(
        chromosomes,
        number_of[numbers],
        np.concatenate([rows.start for rows in files]),
        np.concatenate([rows.end for rows in files]),
        np.concatenate([rows.strand for rows in files]),
        np.concatenate([rows.name for rows in files]),
        tuple(paths),
        file,
        np.concatenate([rows.line for rows in files]),
        {name: np.concatenate([rows.columns[name] for rows in files]) for name in sorted(columns)},
    )
    _refuse_unknown(table, chrom, genome)
    return table


def _refuse_unknown(table: RegionTable, chrom: Column, genome: Genome | None) -> None:
    """A region lies on a chromosome of the genome, within it."""
    unknown = np.flatnonzero(table.chrom < 0)
    if unknown.size:
        row = int(unknown[0])
        problem = f"{table.where(row)}: the genome has no {chrom[row]}"
        known = suggest(str(chrom[row]), table.chromosomes)
        fix = f"{known}; `rename_chromosomes` in `data` says which is which"
        raise DataError(table.files[table.file[row]], problem, fix)
    if genome is None:
        return
    lengths = np.array(list(genome.lengths.values()), np.int64)[table.chrom]
    beyond = np.flatnonzero(table.end > lengths)
    if beyond.size:
        row = int(beyond[0])
        problem = f"{table.where(row)}: {table.place(row)} lies beyond the chromosome's {lengths[row]:,} bp"
        raise DataError(
            table.files[table.file[row]], problem, "give the genome that the regions were called on"
        )
