"""The effects of variants on the outputs of a trained model, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from getdsl.compiler.refusals import refuse_untrusted
from getdsl.data.declared import DeclaredData
from getdsl.data.edited_genome import EditedGenome
from getdsl.diagnostics import UserError
from getdsl.formats.variants import Record
from getdsl.runs.opened.other_regions import over_regions
from getdsl.runs.opened.samples import reading
from getdsl.runs.opened.session import Session
from getdsl.runs.process.machine import where_it_computes
from getdsl.runs.score.alleles import Allele, alleles_of
from getdsl.runs.score.computing import Case, Computing, Reading
from getdsl.runs.score.effects import Output, effects_of, outputs_of
from getdsl.runs.score.placing import CentredSamples, RunSamples, Samples, genome_of
from getdsl.runs.score.tables import Row


@dataclass(frozen=True)
class Choices:
    """How variants are scored: in which windows, in which readings, and what is computed."""

    centred: bool = False
    both_strands: bool = False
    shifts: tuple[int, ...] = (0,)
    whole: bool = False  # every alternate computed as a whole
    regions: Path | None = None  # those of a file, instead of the run's

    @property
    def readings(self) -> list[Reading]:
        strands = (False, True) if self.both_strands else (False,)
        return [Reading(shift, turned) for shift in self.shifts for turned in strands]


class Scorer:
    """Scores records with a session's model; made once for all."""

    def __init__(self, session: Session, choices: Choices) -> None:
        refuse_untrusted(session.spec, session.options.trust)
        if choices.centred and choices.regions is not None:
            raise UserError(
                "windows are centred on variants, wherever regions lie",
                "leave one of `--centred` and `--regions` away",
            )
        self.session, self.choices = session, choices
        self.source = open_edited(over_regions(session, choices.regions))
        spec = session.spec
        self.samples: Samples = (
            CentredSamples(self.source, spec.graph.inputs) if choices.centred else RunSamples(self.source)
        )
        size = session.settings.batch_size
        compiled = where_it_computes(session.compiled, session.options)
        self.computing = Computing(compiled, self.samples, whole=choices.whole, at_once=size)
        self.outputs: list[Output] = outputs_of(spec, self.computing.course)

    @property
    def columns(self) -> dict[str, type]:
        """The columns of a row, and what they hold."""
        named: dict[str, type] = {"chrom": str, "pos": int, "id": str, "ref": str, "alt": str, "region": str}
        named |= {"region_start": int, "region_end": int, "strand": str}
        if self.source.declared.celltypes:
            named["celltype"] = str
        return named | {"reason": str} | effect_columns(self.outputs)

    def rows(self, records: Sequence[Record]) -> list[tuple[Record, list[Row]]]:
        """The rows of each record: of each allele in each of the samples that read its place."""
        genome, renamed = genome_of(self.source), self.source.context.renamed or {}
        with reading():
            alleles = [list(alleles_of(record, genome, renamed)) for record in records]
            placed = [(allele, number) for own in alleles for allele in own for number in self._where(allele)]
            cases = [Case(number, allele.chrom, (allele.edit,)) for allele, number in placed if allele.edit]
        effects = self.effects(cases)
        found: dict[int, list[Row]] = {id(allele): [] for own in alleles for allele in own}
        for at, (allele, number) in enumerate(placed):
            label = self.samples.label(number)
            where = {"region": label.region, "region_start": label.start, "region_end": label.end}
            where |= {"strand": label.strand, "celltype": label.celltype}
            scores = {name: values[at].item() for name, values in effects.items()}
            found[id(allele)].append({**_told(allele), **where, "reason": None, **scores})
        return [
            (record, [row for allele in own for row in found[id(allele)] or [_unscored(allele)]])
            for record, own in zip(records, alleles, strict=True)
        ]

    def _where(self, allele: Allele) -> list[int]:
        return self.samples.touched(allele) if allele.edit is not None else []

    def effects(self, cases: Sequence[Case]) -> dict[str, Any]:
        """The effects [n] of cases, by column."""
        if not cases:
            return {}
        with reading():
            found = [self.computing.outputs(cases, each) for each in self.choices.readings]
        return effects_of(self.outputs, found)


def effect_columns(outputs: Sequence[Output]) -> dict[str, type]:
    names = [name for output in outputs for name in output.columns]
    return {name: int if name.endswith(".max_track") else float for name in names}


def open_edited(session: Session) -> DeclaredData:
    """The session's data, read from the files through a genome that can be edited. Raises UserError."""
    data = session.data
    if data is not None and data.whole is None:
        with reading():
            source = DeclaredData(data, session.spec.data_settings, direct=True, seen_as=EditedGenome)
        if source.context.genome is not None:
            return source
    raise UserError(
        "the run's data have no genome, so that variants have no place in them",
        "train on data with `genome`, `regions` and a `batch`",
    )


def _told(allele: Allele) -> dict[str, Any]:
    record = allele.record
    pos = int(record.pos) if record.pos.isdecimal() else None
    return {"chrom": record.chrom, "pos": pos, "id": record.id, "ref": record.ref, "alt": allele.alt}


def _unscored(allele: Allele) -> Row:
    return {**_told(allele), "reason": allele.reason or "no region of the data reads its place"}


def notes(scorer: Scorer) -> list[str]:
    """What the user is told of how alternates are computed."""
    if scorer.choices.whole:
        return []
    rerun = scorer.computing.rerun
    if rerun is None:
        return ["every alternate is computed as a whole: bases do not enter the model as one `Sequence`"]
    mixing = rerun.course.mixing
    if mixing is None:
        return []
    why = f"`{mixing.step.path}`, which {getattr(mixing.reach, 'why', 'mixes everything')}"
    return [f"only what a variant touches is computed anew, up to {why}; from there on all is"]
