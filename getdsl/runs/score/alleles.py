"""What each allele of a row changes of the genome, or why it cannot be scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from getdsl.data.edited_genome import Edit
from getdsl.data.errors import same_chromosome
from getdsl.data.genome import Genome
from getdsl.formats.fasta import encode_bases
from getdsl.formats.variants import Record

_BASES = frozenset("ACGT")
_SHOWN = 20  # bases of an allele that a reason shows


@dataclass(frozen=True)
class Allele:
    """One alternate of a row, by its number from 1; with an edit, or else a reason why it has none."""

    record: Record
    number: int
    chrom: str
    edit: Edit | None
    reason: str = ""

    @property
    def alt(self) -> str:
        return self.record.alts[self.number - 1]

    def touches(self, start: int, end: int) -> bool:
        """Whether it changes a stretch: an insertion does where it lies between two of its bases."""
        edit = self.edit
        assert edit is not None
        if edit.start == edit.end:
            return start < edit.start < end
        return edit.start < end and edit.end > start


def alleles_of(record: Record, genome: Genome, renamed: Mapping[str, str]) -> Iterator[Allele]:
    """The alleles of a row in their order; lower case is read as upper case."""
    chrom = renamed.get(record.chrom, record.chrom)
    ref = record.ref.upper()
    wrong = _wrong_place(record, chrom, genome) or _wrong_reference(record, chrom, ref, genome)
    for number, alt in enumerate(record.alts, 1):
        reason = _wrong_allele(alt.upper(), ref) or wrong
        edit = None if reason else _edit(int(record.pos) - 1, ref, alt.upper())
        yield Allele(record, number, chrom, edit, reason)


def _wrong_place(record: Record, chrom: str, genome: Genome) -> str:
    if chrom not in genome.lengths:
        near = same_chromosome(chrom, list(genome.lengths))
        also = f": does it call it {near[0]}? set `data.rename_chromosomes`" if near else ""
        return f"the genome has no {chrom}{also}"
    if not record.pos.isdecimal():
        return f"the position {record.pos} is no whole number"
    if int(record.pos) < 1:
        return "position 0 is before the first base"
    if int(record.pos) - 1 + len(record.ref) > genome.lengths[chrom]:
        return f"it lies beyond the {genome.lengths[chrom]:,} bp of {chrom}"
    return ""


def _wrong_reference(record: Record, chrom: str, ref: str, genome: Genome) -> str:
    if not ref or not set(ref) <= _BASES:
        return f"REF {_shown(ref)} is not made of A, C, G and T"
    start = int(record.pos) - 1
    found = "".join("ACGTN"[code] for code in genome.codes(chrom, start, start + len(ref)))
    return "" if found == ref else f"REF is {_shown(ref)}, and the genome has {_shown(found)}"


def _wrong_allele(alt: str, ref: str) -> str:
    if alt in ("", "."):
        return "it has no alternate allele"
    if alt == "*":
        return "the allele * is a deletion that another row tells"
    if alt.startswith("<"):
        return f"{alt} is symbolic, without its bases"
    if "[" in alt or "]" in alt:
        return "it is a breakend"
    if not set(alt) <= _BASES:
        return f"ALT {_shown(alt)} is not made of A, C, G and T"
    return "ALT is REF" if alt == ref else ""


def _shown(bases: str) -> str:
    return bases if len(bases) <= _SHOWN else f"{bases[:_SHOWN]}… ({len(bases):,} bp)"


def _edit(start: int, ref: str, alt: str) -> Edit:
    """What differs, without the bases that both begin or end with."""
    shorter = min(len(ref), len(alt))
    same = next((at for at in range(shorter) if ref[at] != alt[at]), shorter)
    ref, alt, start = ref[same:], alt[same:], start + same
    shorter = min(len(ref), len(alt))
    back = next((at for at in range(shorter) if ref[-1 - at] != alt[-1 - at]), shorter)
    ref, alt = ref[: len(ref) - back], alt[: len(alt) - back]
    return Edit(start, start + len(ref), np.array(encode_bases(alt.encode())))
