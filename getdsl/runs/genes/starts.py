"""In which regions genes start, by a file of genes or by what the data say of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from getdsl.data.annotation import read_starts
from getdsl.data.data_source import DataSource
from getdsl.data.declared import DeclaredData
from getdsl.data.places import Ints
from getdsl.data.region_motif.region_motif import RegionMotif
from getdsl.data.table import Column
from getdsl.diagnostics import UserError
from getdsl.runs.opened.samples import reading


@dataclass(frozen=True)
class GeneStarts:
    """Pairs of a gene and a region that holds one of its starts: `gene` counts `names`, `row` the regions."""

    names: Column
    minus: Column  # of each gene, whether it lies on the minus strand
    gene: Ints
    row: Ints


def gene_starts(source: DataSource, annotation: Path | None = None) -> GeneStarts:
    """By a file of genes, by the one that the data name, or by a store of GET's. Raises UserError."""
    with reading():
        if isinstance(source, RegionMotif) and annotation is None:
            rows, names, strands = source.store.genes()
            known, gene = np.unique(names, return_inverse=True)
            minus = np.zeros(len(known), bool)
            minus[gene] = strands == "-"
            return GeneStarts(known, minus, gene, rows)
        if not isinstance(source, DeclaredData):
            raise UserError("the data do not say in which regions genes start", "declare `regions` in `data`")
        path = annotation or _declared(source)
        if path is None:
            raise UserError("the data name no file of genes", "name one: `--genes genes.gtf`")
        starts = read_starts(path, source.context)
        gene, row = starts.held_by(source.regions)
    names = np.array([each[-1] for each in starts.names])
    return GeneStarts(names, ~starts.forward, gene, row)


def _declared(source: DeclaredData) -> Path | None:
    """The file of genes that the data name."""
    for item in source.declared.sources.values():
        if item.params.get("annotation") is not None:
            return Path(item.params["annotation"])
    return None


def genes_of_regions(source: DataSource) -> Column | None:
    """The genes that start in each region, with commas between; None where the data know of none."""
    if isinstance(source, RegionMotif):
        known, regions = source.around_genes, len(source.store.peaks)
    elif isinstance(source, DeclaredData):
        known, regions = _declared(source) is not None, len(source.regions)
    else:
        return None
    if not known:
        return None
    starts = gene_starts(source)
    called: dict[int, list[str]] = {}
    for gene, row in sorted(set(zip(starts.gene.tolist(), starts.row.tolist(), strict=True))):
        called.setdefault(row, []).append(str(starts.names[gene]))
    return np.array([",".join(called.get(row, ())) for row in range(regions)])
