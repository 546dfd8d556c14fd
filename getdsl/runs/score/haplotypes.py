"""The effects of haplotypes: all that one of an individual's chromosomes carries in a region, at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from getdsl.compiler.constants.overrides import Overrides
from getdsl.diagnostics import UserError
from getdsl.formats.variants import VariantFile
from getdsl.runs.opened.options import DEFAULTS, Options
from getdsl.runs.opened.samples import reading
from getdsl.runs.ranks.agreement import agreed
from getdsl.runs.score.alleles import Allele, alleles_of
from getdsl.runs.score.computing import Case
from getdsl.runs.score.placing import genome_of
from getdsl.runs.score.scorer import Choices, Scorer, effect_columns, notes
from getdsl.runs.score.tables import Row, table_of
from getdsl.runs.score.variants import PART, identity, reported, scorer_of
from getdsl.runs.score.written import Rows, Scored, Step, opened, write_results

_ABSENT = ("0", ".", "")


@dataclass(frozen=True)
class Haplotype:
    """What an individual's `copy`, from 1, carries in a sample; with a reason where that is not known."""

    individual: str
    copy: int
    alleles: tuple[Allele, ...]
    reason: str = ""


def haplotypes_of(alleles: Sequence[Allele], individuals: Sequence[str]) -> Iterator[Haplotype]:
    """The haplotypes of all individuals that carry any of a sample's alleles."""
    for number, individual in enumerate(individuals):
        copies: dict[int, list[Allele]] = {}
        unphased = ""
        for allele in alleles:
            call = allele.record.genotypes[number]
            carried = re.split(r"[|/]", call)
            if "/" in call and len(set(carried)) > 1 and str(allele.number) in carried:
                unphased = f"the genotype {call} of {name_of(allele)} is not phased"
            for copy, item in enumerate(carried, 1):
                if item not in _ABSENT and item == str(allele.number):
                    copies.setdefault(copy, []).append(allele)
        for copy, own in sorted(copies.items()):
            yield Haplotype(individual, copy, tuple(own), unphased or _overlapping(own))


def _overlapping(alleles: Sequence[Allele]) -> str:
    """Why alleles cannot be put into one chromosome."""
    edits = sorted(
        (item.edit.start, item.edit.end, name_of(item)) for item in alleles if item.edit is not None
    )
    for (start, end, one), (after, _, other) in pairwise(edits):
        if after < end or (start, end) == (after, _):
            return f"{one} and {other} overlap"
    return ""


def name_of(allele: Allele) -> str:
    record = allele.record
    return (
        record.id if record.id not in (".", "") else f"{record.chrom}:{record.pos}:{record.ref}>{allele.alt}"
    )


def score_haplotypes(
    path: Path,
    variants: Path,
    output: Path,
    choices: Choices | None = None,
    options: Options = DEFAULTS,
    overrides: Overrides | None = None,
    step: Step = lambda done: None,
) -> Scored:
    """Writes a row for each haplotype in each sample that reads any of its variants; else as `score`."""
    choices = choices or Choices()
    with opened(path, options, overrides) as session, reported(variants):
        file = VariantFile(variants)
        if not file.individuals:
            raise UserError(
                f"`{variants}` has no genotypes, so that it tells no haplotypes", "give a VCF with GT"
            )
        scorer = agreed(lambda: scorer_of(Scorer(session, choices), file))
        scored = Scored(notes=notes(scorer))
        table = table_of(output, _columns(scorer), None)
        about = identity(scorer, variants) | {"haplotypes": True}
        made = _Rows(scorer, file.individuals).made
        write_results(session, output, table, about, _groups(scorer, file, scored), made, scored, step)
    return scored


Group = Sequence[tuple[int | None, list[Allele]]]
"""Samples with the alleles that they read; None for an allele that no sample reads, or that is not scored."""


def _groups(scorer: Scorer, file: VariantFile, scored: Scored) -> list[Group]:
    genome, renamed = genome_of(scorer.source), scorer.source.context.renamed or {}
    read: dict[int, list[Allele]] = {}
    left: list[tuple[int | None, list[Allele]]] = []
    with reading():
        for record in file.records():
            scored.records += 1
            for allele in alleles_of(record, genome, renamed):
                numbers = scorer.samples.touched(allele) if allele.edit is not None else []
                for number in numbers:
                    read.setdefault(number, []).append(allele)
                if not numbers:
                    left.append((None, [allele]))
    found = [*sorted(read.items()), *left]
    return [found[start : start + PART] for start in range(0, len(found), PART)]


@dataclass(frozen=True)
class _Rows:
    scorer: Scorer
    individuals: Sequence[str]

    def made(self, group: Group) -> Rows:
        known = [
            (number, haplotype)
            for number, alleles in group
            if number is not None
            for haplotype in haplotypes_of(alleles, self.individuals)
        ]
        cases = {
            (number, haplotype.alleles): Case(
                number,
                haplotype.alleles[0].chrom,
                tuple(allele.edit for allele in haplotype.alleles if allele.edit is not None),
            )
            for number, haplotype in known
            if not haplotype.reason
        }
        effects = self.scorer.effects(list(cases.values()))
        place = {key: at for at, key in enumerate(cases)}
        rows = [self._row(number, haplotype, effects, place) for number, haplotype in known]
        rows += [_unread(alleles[0]) for number, alleles in group if number is None]
        return [(None, rows)]

    def _row(self, number: int, haplotype: Haplotype, effects: dict[str, Any], place: dict[Any, int]) -> Row:
        label = self.scorer.samples.label(number)
        at = place.get((number, haplotype.alleles)) if not haplotype.reason else None
        scores = {name: values[at].item() for name, values in effects.items()} if at is not None else {}
        return {
            "individual": haplotype.individual,
            "haplotype": haplotype.copy,
            "variants": ",".join(map(name_of, haplotype.alleles)),
            "chrom": haplotype.alleles[0].chrom,
            "region": label.region,
            "region_start": label.start,
            "region_end": label.end,
            "strand": label.strand,
            "celltype": label.celltype,
            "reason": haplotype.reason or None,
            **scores,
        }


def _unread(allele: Allele) -> Row:
    reason = allele.reason or "no region of the data reads its place"
    return {"variants": name_of(allele), "chrom": allele.record.chrom, "reason": reason}


def _columns(scorer: Scorer) -> dict[str, type]:
    named: dict[str, type] = {
        "individual": str,
        "haplotype": int,
        "variants": str,
        "chrom": str,
        "region": str,
    }
    named |= {"region_start": int, "region_end": int, "strand": str}
    if scorer.source.declared.celltypes:
        named["celltype"] = str
    return named | {"reason": str} | effect_columns(scorer.outputs)
