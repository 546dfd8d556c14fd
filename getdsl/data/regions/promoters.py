"""The source `Promoters`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from getdsl.data.errors import DataError, suggest
from getdsl.data.genome import Genome
from getdsl.data.regions.placed import placed
from getdsl.data.table import RegionTable
from getdsl.formats.bed import Rows
from getdsl.formats.genes import Gene, read_genes
from getdsl.formats.text import FormatError


class Promoters:
    """A stretch around the start of each gene."""

    def __init__(
        self, *, genes: str, upstream: int = 500, downstream: int = 0, pattern: str | None = None
    ) -> None:
        self.path = Path(genes)
        self.upstream, self.downstream, self.pattern = upstream, downstream, pattern

    def table(self, genome: Genome | None, renamed: Mapping[str, str]) -> RegionTable:
        """The promoters in the order of the genes. Raises DataError where the file cannot be used."""
        try:
            genes = read_genes(self.path)
        except FormatError as error:
            problem = f"line {error.line}: {error.problem}" if error.line else error.problem
            raise DataError(self.path, problem, "correct it, or give another table of genes") from error
        chosen = [
            (line, gene)
            for line, gene in enumerate(genes, start=2)
            if self.pattern is None or re.match(self.pattern, gene.name)
        ]
        if not chosen:
            raise DataError(self.path, f"no gene matches {self.pattern}", "give another pattern")
        return self._inside(placed([self._rows(chosen)], [self.path], None, renamed), genome)

    def _rows(self, genes: list[tuple[int, Gene]]) -> Rows:
        forward = np.array([gene.strand == "+" for _, gene in genes])
        first, last = (
            np.array([getattr(gene, key) for _, gene in genes], np.int64) for key in ("start", "end")
        )
        start = np.where(forward, first - self.upstream, last - self.downstream)
        return Rows(
            np.array([gene.chrom for _, gene in genes], str),
            start,
            start + self.upstream + self.downstream,
            np.where(forward, 1, -1).astype(np.int8),
            np.array([gene.name for _, gene in genes], str),
            np.array([line for line, _ in genes], np.int64),
        )

    def _inside(self, table: RegionTable, genome: Genome | None) -> RegionTable:
        """The promoters that lie within their chromosomes, by the genome's numbers of those."""
        if genome is None:
            return table.chosen(table.start >= 0)
        unknown = [name for name in table.chromosomes if name not in genome.lengths]
        if unknown:
            raise DataError(self.path, f"the genome has no {unknown[0]}", suggest(unknown[0], genome.lengths))
        lengths = np.array([genome.lengths[name] for name in table.chromosomes])[table.chrom]
        kept = table.chosen((table.start >= 0) & (table.end <= lengths))
        return kept.on(tuple(genome.lengths))
