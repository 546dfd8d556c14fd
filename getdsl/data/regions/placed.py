"""Rows of files as regions of a genome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.data.errors import DataError, renaming, suggest
from getdsl.data.genome import Genome
from getdsl.data.table import Column, RegionTable, line_of
from getdsl.formats.bed import Rows


def placed(
    files: Sequence[Rows], paths: Sequence[Path], genome: Genome | None, renamed: Mapping[str, str]
) -> RegionTable:
    """The rows of all files, one after the other. Raises DataError where they do not lie on the genome."""
    for rows, path in zip(files, paths, strict=True):
        if not len(rows):
            raise DataError(path, "it holds no regions", "give a file with regions")
    called = [[renamed.get(name, name) for name in rows.chromosomes] for rows in files]
    chromosomes = (
        tuple(genome.lengths)
        if genome is not None
        else tuple(dict.fromkeys(name for names in called for name in names))
    )
    place = {name: number for number, name in enumerate(chromosomes)}
    for rows, names, path in zip(files, called, paths, strict=True):
        _refuse_unknown(rows, names, path, place)
    numbers = [
        np.array([place[name] for name in names], np.int32)[rows.number]
        for rows, names in zip(files, called, strict=True)
    ]
    table = RegionTable(
        chromosomes,
        np.concatenate(numbers),
        np.concatenate([rows.start for rows in files]),
        np.concatenate([rows.end for rows in files]),
        np.concatenate([rows.strand for rows in files]),
        np.concatenate([rows.name for rows in files]),
        tuple(paths),
        np.repeat(np.arange(len(files), dtype=np.int16), [len(rows) for rows in files]),
        np.concatenate([rows.line for rows in files]).astype(np.int32),
        _columns(files),
    )
    if genome is not None:
        _refuse_beyond(table, np.array(list(genome.lengths.values()), np.int64))
    return table


def _columns(files: Sequence[Rows]) -> dict[str, Column]:
    """The columns that all files have."""
    shared = [name for name in files[0].columns if all(name in rows.columns for rows in files)]
    return {name: np.concatenate([rows.columns[name] for rows in files]) for name in shared}


def _refuse_unknown(rows: Rows, called: Sequence[str], path: Path, known: Mapping[str, Any]) -> None:
    unknown = [number for number, name in enumerate(called) if name not in known]
    if not unknown:
        return
    row = int(np.argmax(np.isin(rows.number, unknown)))
    name = rows.chromosomes[rows.number[row]]
    fix = renaming([rows.chromosomes[number] for number in unknown], known) or (
        f"{suggest(name, known)}; `chromosomes` of `Regions` says which to take"
    )
    raise DataError(path, f"{line_of(path, rows.line[row])}: the genome has no {name}", fix)


def _refuse_beyond(table: RegionTable, lengths: Column) -> None:
    """A region lies within its chromosome."""
    beyond = table.end > lengths[table.chrom]
    if beyond.any():
        row = int(np.argmax(beyond))
        length = lengths[table.chrom[row]]
        problem = f"{table.where(row)}: {table.place(row)} lies beyond the chromosome's {length:,} bp"
        fix = "give the genome that the regions were called on"
        raise DataError(table.files[table.file[row]], problem, fix)


def outside(table: RegionTable, genome: Genome | None) -> Column:
    """Which regions reach over an end of their chromosome; only over its start where no genome says more."""
    found: Column = table.start < 0
    if genome is not None:
        found = found | (table.end > np.array(list(genome.lengths.values()), np.int64)[table.chrom])
    return found
