"""Genes of an annotation, chosen by name, as regions of the genome."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from getdsl.data.errors import DataError, renaming, suggest
from getdsl.data.genome import Genome
from getdsl.data.places import Ints
from getdsl.data.regions.placed import outside, placed
from getdsl.data.table import Column, RegionTable
from getdsl.formats.bed import Rows
from getdsl.formats.genes import Gene, read_genes
from getdsl.formats.text import FormatError


class Annotated:
    """Genes of a GTF, a GFF3 or a table; `stretch` of a subclass says which bp of each."""

    def __init__(
        self,
        *,
        annotation: str,
        feature: str = "gene",
        name: str | None = None,
        pattern: str | None = None,
        genes: str | Sequence[str] | None = None,
        upstream: int = 0,
        downstream: int = 0,
    ) -> None:
        self.path = Path(annotation)
        self.feature, self.name, self.pattern = feature, name, pattern
        self.wanted = [genes] if isinstance(genes, str) else genes
        self.upstream, self.downstream = upstream, downstream

    def stretch(self, forward: Column, start: Ints, end: Ints) -> tuple[Ints, Ints]:
        """Start and end of each region [N], of genes that lie `forward` from `start` to `end`."""
        raise NotImplementedError

    def table(self, genome: Genome | None, renamed: Mapping[str, str]) -> RegionTable:
        """The regions in the order of the genes. Raises DataError where the file cannot be used."""
        genes = self._chosen()
        self._refuse_repeated(genes)
        rows = self._rows(genes)
        if genome is None:
            table = placed([rows], [self.path], None, renamed)
        else:
            table = self._on(genome, rows, renamed)
        return table.without(outside(table, genome), "leave their chromosome")

    def _on(self, genome: Genome, rows: Rows, renamed: Mapping[str, str]) -> RegionTable:
        """The regions on chromosomes that the genome has, of which there must be some."""
        gone = [name for name in rows.chromosomes if renamed.get(name, name) not in genome.lengths]
        if len(gone) == len(rows.chromosomes):
            fix = renaming(gone, genome.lengths) or suggest(gone[0], genome.lengths)
            raise DataError(self.path, f"line {rows.line[0]}: the genome has no {gone[0]}", fix)
        left = np.isin(rows.number, [at for at, name in enumerate(rows.chromosomes) if name not in gone])
        table = placed([rows.chosen(left)], [self.path], None, renamed).on(tuple(genome.lengths))
        if not gone:
            return table
        said = f"{len(rows) - len(table):,} of {len(rows):,} genes lie on chromosomes that the genome lacks"
        return replace(table, notes=(f"{said}, such as {gone[0]}, and are left out",))

    def _chosen(self) -> list[Gene]:
        try:
            genes = read_genes(self.path, self.feature, self.name)
        except FormatError as error:
            raise DataError.of(error, "correct it, or give another annotation") from error
        if not genes:
            raise DataError(self.path, "it holds no genes", "give a GTF, a GFF3 or a table of genes")
        if self.pattern is not None:
            pattern = self.pattern
            genes = [gene for gene in genes if re.match(pattern, gene.name)]
            if not genes:
                raise DataError(self.path, f"no gene matches {pattern}", "give another pattern")
        return genes if self.wanted is None else self._named(genes, self.wanted)

    def _named(self, genes: list[Gene], wanted: Sequence[str]) -> list[Gene]:
        """The genes of some names or identifiers, or of symbols where those are none, in the file's order."""
        names = {name for gene in genes for name in (gene.name, gene.identifier)}
        symbols = {gene.symbol for gene in genes}
        for each in wanted:
            if each not in names | symbols:
                near = difflib.get_close_matches(each, names | symbols, n=1)
                fix = f"did you mean {near[0]}" if near else f"its genes are called as {genes[0].name}"
                raise DataError(self.path, f"it has no gene {each}", fix)
        called, other = names & set(wanted), set(wanted) - names
        return [gene for gene in genes if {gene.name, gene.identifier} & called or gene.symbol in other]

    def _refuse_repeated(self, genes: list[Gene]) -> None:
        first: dict[str, Gene] = {}
        for gene in genes:
            before = first.setdefault(gene.name, gene)
            if before is not gene:
                problem = f"line {gene.line}: {gene.name} occurs twice, first on line {before.line}"
                fix = 'name genes by what tells them apart, as `name = "gene_id"`, or choose with `pattern`'
                raise DataError(self.path, problem, fix)
            if gene.strand not in ("+", "-"):
                problem = f"line {gene.line}: {gene.name} has the strand {gene.strand!r}"
                raise DataError(self.path, problem, "give genes with a strand of + or -")

    def _rows(self, genes: list[Gene]) -> Rows:
        forward = np.array([gene.strand == "+" for gene in genes])
        first, last = (np.array([getattr(gene, key) for gene in genes], np.int64) for key in ("start", "end"))
        start, end = self.stretch(forward, first, last)
        chromosomes = tuple(dict.fromkeys(gene.chrom for gene in genes))
        number = {name: at for at, name in enumerate(chromosomes)}
        return Rows(
            chromosomes,
            np.array([number[gene.chrom] for gene in genes], np.int32),
            start,
            end,
            np.where(forward, 1, -1).astype(np.int8),
            np.array([gene.name for gene in genes], str),
            np.array([gene.line for gene in genes], np.int64),
            {"symbol": np.array([gene.symbol for gene in genes], str)},
        )
