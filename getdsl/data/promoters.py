"""Promoter accessibility: genome, genes and ATAC-seq fragments to the `getdsl/sequence-regions` layout."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.data.errors import DataError, suggest
from getdsl.data.layout import Regions, write_regions
from getdsl.formats.fasta import Codes, N, read_fasta, reverse_complement
from getdsl.formats.fragments import Fragments, read_fragments
from getdsl.formats.genes import Gene, read_genes
from getdsl.formats.text import FormatError

YEAST_GENES = r"^Y[A-P][LR]\d{3}[WC]"
"""Systematic names of the nuclear protein-coding genes of S. cerevisiae, dubious ones included."""

Ints = np.ndarray[Any, np.dtype[np.int64]]


def prepare(
    genome: Path,
    genes: Path,
    fragments: Path,
    output: Path,
    *,
    pattern: str = YEAST_GENES,
    region: int = 500,
    width: int = 2000,
) -> int:
    """Writes the zarr at `output` and returns the number of regions.

    A region is the `region` bp upstream of the start codon, on the gene's strand, of each gene whose name
    matches `pattern`; one that leaves its chromosome is left out. `cut_sites` counts the first and the last
    base of each distinct fragment.
    `width` bp of sequence are kept around the region's centre, N beyond the chromosome.
    """
    if region <= 0 or width <= 0 or region % 2 or width % 2:
        raise DataError(
            output, f"region {region} and width {width} must be positive and even", "give even numbers"
        )
    try:
        chromosomes, table, pieces = read_fasta(genome), read_genes(genes), read_fragments(fragments)
    except FormatError as error:
        raise DataError(error.path, _place(error), "correct the file or give another") from error
    chosen = [gene for gene in table if re.match(pattern, gene.name)]
    _check_chromosomes(genes, chosen, chromosomes)
    _check_fragments(fragments, pieces, chromosomes)
    regions = locate_regions(chosen, chromosomes, region)
    if not regions:
        raise DataError(
            genes, f"no gene that matches {pattern} has {region} bp upstream", "give another pattern"
        )
    write_regions(output, _measure(regions, chromosomes, pieces, width), region=region)
    return len(regions)


def _place(error: FormatError) -> str:
    return f"line {error.line}: {error.problem}" if error.line else error.problem


def _check_chromosomes(path: Path, genes: Sequence[Gene], chromosomes: dict[str, Codes]) -> None:
    unknown = [gene for gene in genes if gene.chrom not in chromosomes]
    if unknown:
        gene = unknown[0]
        raise DataError(
            path, f"{gene.name} lies on {gene.chrom}, not in the genome", suggest(gene.chrom, chromosomes)
        )


def _check_fragments(path: Path, fragments: dict[str, Fragments], chromosomes: dict[str, Codes]) -> None:
    """Fragments elsewhere (chrM) are no error, but a genome that shares no chromosome with them is."""
    shared = [chrom for chrom in fragments if chrom in chromosomes]
    if not shared:
        found = next(iter(fragments), "")
        raise DataError(
            path, f"no fragment lies in the genome (found {found!r})", suggest(found, chromosomes)
        )
    for chrom in shared:
        end, length = int(fragments[chrom].end.max()), len(chromosomes[chrom])
        if end > length:
            problem = f"a fragment ends at {chrom}:{end}, past the chromosome's {length} bp"
            raise DataError(path, problem, "give the genome that the reads were aligned to")


def locate_regions(genes: Sequence[Gene], chromosomes: dict[str, Codes], region: int) -> list[Gene]:
    """The upstream region of each gene, as long as it lies inside its chromosome."""
    found = []
    for gene in genes:
        start = gene.start - region if gene.strand == "+" else gene.end
        if start >= 0 and start + region <= len(chromosomes[gene.chrom]):
            found.append(Gene(gene.name, gene.chrom, start, start + region, gene.strand))
    return found


def _measure(
    regions: Sequence[Gene], chromosomes: dict[str, Codes], fragments: dict[str, Fragments], width: int
) -> Regions:
    name, chrom, strand = (
        np.array([getattr(r, key) for r in regions]) for key in ("name", "chrom", "strand")
    )
    start = np.array([region.start for region in regions], dtype=np.int64)
    end = np.array([region.end for region in regions], dtype=np.int64)
    sequence = np.empty((len(regions), width), dtype=np.uint8)
    cut_sites = np.zeros(len(regions), dtype=np.float32)
    for each in np.unique(chrom):
        rows = np.flatnonzero(chrom == each)
        sequence[rows] = windows(chromosomes[each], (start[rows] + end[rows]) // 2, width)
        if each in fragments:
            cut_sites[rows] = count_between(fragments[each].distinct().cut_sites(), start[rows], end[rows])
    sequence[strand == "-"] = reverse_complement(sequence[strand == "-"])
    return Regions(sequence, cut_sites, name, chrom, start, end, strand)


def windows(chromosome: Codes, centre: Ints, width: int) -> Codes:
    """Codes [N, width] around each centre; N beyond the chromosome."""
    at = centre[:, None] + np.arange(-(width // 2), width // 2)
    inside = (at >= 0) & (at < len(chromosome))
    return np.where(inside, chromosome[np.where(inside, at, 0)], N).astype(np.uint8)


def count_between(positions: Ints, start: Ints, end: Ints) -> Ints:
    """How many of the ordered `positions` lie in each [start, end)."""
    return np.searchsorted(positions, end) - np.searchsorted(positions, start)
