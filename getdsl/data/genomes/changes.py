"""What a haplotype has otherwise than the reference, read from a VCF file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from getdsl.data.errors import DataError, renaming, suggest
from getdsl.data.genome import Genome
from getdsl.formats.fasta import Codes, N, encode_bases

_WHAT_IT_TAKES = "give a VCF or BCF file"
_OF_THIS_GENOME = "give variants that were called on this genome"


class Change(NamedTuple):
    """`bases` in the place of start to end of the reference; an insertion has end = start."""

    start: int
    end: int
    bases: Codes


Changes = Mapping[str, list[Change]]
"""By the genome's name of the chromosome, in their order; none overlaps another."""


def read_changes(
    path: Path, sample: str | None, haplotype: int, genome: Genome, renamed: Mapping[str, str]
) -> Changes:
    """All changes of a haplotype. Raises DataError with the variant's place where one cannot be made."""
    found: dict[str, list[Change]] = {}
    for record in _records(path, sample):
        chrom = renamed.get(record.chrom, record.chrom)
        place = f"{record.chrom}:{record.pos}"
        if chrom not in genome.lengths:
            fix = renaming([record.chrom], genome.lengths) or suggest(chrom, genome.lengths)
            raise DataError(path, f"{place} is on no chromosome of the genome", fix)
        _refuse_other_reference(path, place, record, genome, chrom)
        allele = _allele(path, place, record, sample, haplotype)
        if allele not in (record.ref, "*"):
            found.setdefault(chrom, []).append(_change(path, place, record, allele))
    return {chrom: _in_order(path, chrom, changes) for chrom, changes in found.items()}


def _records(path: Path, sample: str | None) -> Iterator[Any]:
    import pysam

    before = pysam.set_verbosity(0)
    try:
        with pysam.VariantFile(str(path)) as file:
            names = list(file.header.samples)
            if sample is not None and sample not in names:
                fix = suggest(sample, names) if names else "leave out `sample`: the file has no genotypes"
                raise DataError(path, f"it has no sample {sample}", fix)
            yield from file
    except (OSError, ValueError) as error:
        raise DataError(path, f"it cannot be read ({error})", _WHAT_IT_TAKES) from error
    finally:
        pysam.set_verbosity(before)


def _refuse_other_reference(path: Path, place: str, record: Any, genome: Genome, chrom: str) -> None:
    end = record.start + len(record.ref)
    if record.start < 0 or end > genome.lengths[chrom]:
        problem = f"{place} lies beyond {chrom}, which has {genome.lengths[chrom]:,} bp"
        raise DataError(path, problem, _OF_THIS_GENOME)
    written, there = _codes(path, place, record.ref), genome.codes(chrom, record.start, end)
    if ((written != there) & (written < N) & (there < N)).any():
        bases = "".join("ACGTN"[code] for code in there[:20])
        problem = f"{place} has the reference {record.ref[:20]}, and the genome has {bases}"
        raise DataError(path, problem, _OF_THIS_GENOME)


def _allele(path: Path, place: str, record: Any, sample: str | None, haplotype: int) -> str:
    """The haplotype's bases, or `*`; those of the reference where nothing is known."""
    alleles = list(record.alleles or [record.ref])
    if sample is None:
        return str(alleles[1] if len(alleles) > 1 else record.ref)
    call = record.samples[sample]
    indices = call.allele_indices or (None,)
    if len(set(indices)) > 1 and not call.phased:
        problem = f"{place} is not phased in {sample} ({'/'.join(_said(index) for index in indices)})"
        raise DataError(path, problem, "phase it, or leave heterozygous variants out")
    index = indices[min(haplotype, len(indices)) - 1]
    return str(record.ref if index is None else alleles[index])


def _said(index: int | None) -> str:
    return "." if index is None else str(index)


def _change(path: Path, place: str, record: Any, allele: str) -> Change:
    """What differs, without the bases that both alleles begin and end with."""
    old, new = record.ref.upper(), allele.upper()
    before = _shared(old, new)
    after = _shared(old[before:][::-1], new[before:][::-1])
    codes = _codes(path, place, new)
    return Change(record.start + before, record.start + len(old) - after, codes[before : len(new) - after])


def _shared(one: str, other: str) -> int:
    """How many letters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _codes(path: Path, place: str, bases: str) -> Codes:
    codes = encode_bases(bases.encode())
    if (codes > N).any():
        problem = f"{place} has the allele {bases[:20]}, which is not written in bases"
        raise DataError(path, problem, "leave such variants out: `bcftools view -v snps,indels,mnps`")
    return codes


def _in_order(path: Path, chrom: str, changes: list[Change]) -> list[Change]:
    """By place. Raises DataError where two overlap, or insert at one place."""
    order = np.lexsort(([change.end for change in changes], [change.start for change in changes]))
    found = [changes[at] for at in order.tolist()]
    for one, other in pairwise(found):
        if other.start < one.end or (one.start == one.end == other.start == other.end):
            problem = f"two variants of the haplotype overlap at {chrom}:{other.start + 1}"
            raise DataError(path, problem, "keep one of them, or join them to one: `bcftools norm`")
    return found
