"""The effects of variants on the outputs of a trained model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.refusals import refuse_untrusted
from getdsl.data.declared import DeclaredData
from getdsl.data.edited_genome import EditedGenome
from getdsl.data.hashing import sha256_of
from getdsl.diagnostics import UserError
from getdsl.formats.text import FormatError
from getdsl.formats.variants import FIX, Record, VariantFile
from getdsl.runs.machine import using_threads, where_it_computes
from getdsl.runs.options import DEFAULTS, Options
from getdsl.runs.other_regions import over_regions
from getdsl.runs.provenance import data_record
from getdsl.runs.samples import reading
from getdsl.runs.score.alleles import Allele, alleles_of
from getdsl.runs.score.computing import Case, Computing, Reading
from getdsl.runs.score.effects import Output, effects_of, outputs_of
from getdsl.runs.score.parts import Parts
from getdsl.runs.score.placing import CentredSamples, RunSamples, Samples, genome_of
from getdsl.runs.score.tables import Row, Table, table_of
from getdsl.runs.session import Session

PART = 256  # records of a part
Step = Callable[[int], None]  # records that are done


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


@dataclass
class Scored:
    """What was scored: records, rows, those without effects by their reason, and remarks."""

    records: int = 0
    rows: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


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


# ---- a whole file


def score(
    path: Path,
    variants: Path,
    output: Path,
    choices: Choices | None = None,
    options: Options = DEFAULTS,
    overrides: Overrides | None = None,
    step: Step = lambda done: None,
) -> Scored:
    """Writes the effects of a file's variants by a checkpoint (or a run's folder), whole or not at all.

    Killed, it goes on where it was when it is run again, to the same bytes. Raises UserError and SpecError.
    """
    choices = choices or Choices()
    with opened(path, options, overrides) as session, reported(variants):
        file = VariantFile(variants)
        scorer = Scorer(session, choices)
        refuse_other_assembly(file, scorer.source)
        table = table_of(output, scorer.columns, file)
        parts, scored = Parts(output), Scored(notes=notes(scorer))
        with parts.of(identity(session, scorer.source, variants, choices), overwrite=options.overwrite):
            number = _write_parts(scorer, file, parts, table, scored, step)
            parts.finish(number, table.join)
    return scored


def _write_parts(
    scorer: Scorer, file: VariantFile, parts: Parts, table: Table, scored: Scored, step: Step
) -> int:
    records = file.records()
    number = 0
    while some := list(islice(records, PART)):
        rows = _Late(scorer, some)
        parts.make(number, lambda path, rows=rows: table.write(rows.found(), path))  # type: ignore[misc]
        count(scored, some, rows)
        number += 1
        step(scored.records)
    return number


class _Late:
    """Rows of a part, made where it is written."""

    def __init__(self, scorer: Scorer, records: Sequence[Record]) -> None:
        self.scorer, self.records = scorer, records
        self.made: list[tuple[Record, list[Row]]] | None = None

    def found(self) -> list[tuple[Record, list[Row]]]:
        self.made = self.scorer.rows(self.records)
        return self.made


def count(scored: Scored, records: Sequence[Record], rows: _Late) -> None:
    scored.records += len(records)
    for _, own in rows.made or ():
        for row in own:
            scored.rows += 1
            if row["reason"]:
                scored.reasons[row["reason"]] = scored.reasons.get(row["reason"], 0) + 1


@contextmanager
def opened(path: Path, options: Options, overrides: Overrides | None) -> Iterator[Session]:
    with (
        Session.open(path, options, overrides) as session,
        using_threads(options.threads or session.stored.record["threads"]),
    ):
        yield session


@contextmanager
def reported(variants: Path) -> Iterator[None]:
    """What is wrong with the file of variants, as a UserError."""
    try:
        yield
    except FormatError as error:
        where = f"{error.path}:{error.line}" if error.line else str(error.path)
        raise UserError(f"{where}: {error.problem}", error.fix or FIX) from error


def refuse_other_assembly(file: VariantFile, source: DeclaredData) -> None:
    """Raises UserError where the header's chromosomes are of other lengths than the genome's."""
    lengths = source.context.lengths
    for name, length in file.contigs().items():
        ours = lengths.get(source.context.genome_name(name), length)
        if ours != length:
            raise UserError(
                f"{file.path}: its header says that {name} has {length:,} bp, and the genome's has {ours:,}",
                "give variants of the genome's assembly",
            )


def identity(session: Session, source: DeclaredData, variants: Path, choices: Choices) -> dict[str, Any]:
    """What the results follow from."""
    options = session.options
    text = f"{choices} {options.fuse} {options.adapter} {session.stored.overrides}"
    return {
        "checkpoint": session.stored.header.sha256,
        "data": data_record(source)["sha256"],
        "variants": sha256_of(variants),
        "options": hashlib.sha256(text.encode()).hexdigest(),
    }


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
