"""Genes on the regions' chromosomes, and the regions that hold their starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.data.errors import DataError, suggest
from getdsl.data.places import Ints
from getdsl.data.reader import Context
from getdsl.data.table import RegionTable
from getdsl.formats.genes import Gene, read_genes
from getdsl.formats.text import FormatError

Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Starts:
    """Where transcription starts: the first base of each gene [G], 0-based, by the table's chromosomes.

    `names` holds what each gene is called: its identifier, and its symbol where the file has one.
    """

    path: Path
    names: tuple[tuple[str, ...], ...]
    chrom: Ints
    position: Ints
    forward: Flags

    def __len__(self) -> int:
        return len(self.names)

    def held_by(self, table: RegionTable) -> tuple[Ints, Ints]:
        """All pairs of a gene and a region that holds its start, [P] and [P]; ordered by region."""
        genes, rows = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for number in np.unique(self.chrom):
            inside = np.flatnonzero(self.chrom == number)
            ordered = inside[np.argsort(self.position[inside], kind="stable")]
            regions = np.flatnonzero(table.chrom == number)
            first = np.searchsorted(self.position[ordered], table.start[regions])
            last = np.searchsorted(self.position[ordered], table.end[regions])
            held = last - first
            rows.append(np.repeat(regions, held))
            at = np.arange(held.sum()) - np.repeat(np.cumsum(held) - held, held) + np.repeat(first, held)
            genes.append(ordered[at])
        gene, row = np.concatenate(genes), np.concatenate(rows)
        order = np.lexsort((gene, row))
        return gene[order], row[order]

    def called(self, name: str) -> list[int]:
        """The genes of a name; several where the file has it more than once."""
        return [number for number, names in enumerate(self.names) if name in names]

    def known(self) -> list[str]:
        """All names, an identifier and then its symbol."""
        return [name for names in self.names for name in names]


def read_starts(path: Path, context: Context) -> Starts:
    """The genes of a file that lie on chromosomes of the regions' table. Raises DataError."""
    try:
        genes = read_genes(path)
    except FormatError as error:
        raise DataError.of(error, "correct it, or give another file of genes") from error
    if not genes:
        raise DataError(path, "it holds no genes", "give a table of genes")
    number = _numbers(path, (gene.chrom for gene in genes), context)
    genes = [gene for gene in genes if gene.chrom in number]
    forward = np.array([gene.strand == "+" for gene in genes], bool)
    first, last = (np.array([getattr(gene, key) for gene in genes], np.int64) for key in ("start", "end"))
    chrom = np.array([number[gene.chrom] for gene in genes], np.int64)
    return Starts(path, tuple(map(_names, genes)), chrom, np.where(forward, first, last - 1), forward)


def no_gene(starts: Starts, name: str) -> DataError:
    """What is said of a gene that the file does not have."""
    return DataError(starts.path, f"it has no gene {name}", suggest(name, starts.known()))


def _numbers(path: Path, chromosomes: Iterable[str], context: Context) -> dict[str, int]:
    """The table's numbers of the chromosomes, by the file's names."""
    number = {name: at for at, name in enumerate(context.table.chromosomes)}
    called = context.names_in(path, dict.fromkeys(chromosomes))
    return {theirs: number[ours] for ours, theirs in called.items() if ours in number}


def _names(gene: Gene) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in (gene.name, gene.symbol) if name))
