"""The samples that are predicted for: of the run's own data, of other regions, or of a FASTA."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource, Indices
from getdsl.data.declared import DeclaredData
from getdsl.data.records import Records
from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import first_of
from getdsl.runs.opened.other_regions import over_regions, read_by_model
from getdsl.runs.opened.samples import ALL, reading
from getdsl.runs.opened.session import Session
from getdsl.runs.opened.strands import Turn
from getdsl.runs.predict.wanted import Wanted

EMPTY_HELP = "`--split all` takes every sample of the data"


@dataclass(frozen=True)
class Chosen:
    """Samples of a source by their numbers, and how they are read from the other strand, where they are.

    `own` says whether they are of the run's own data.
    """

    source: DataSource
    split: str
    indices: Indices
    own: bool = True
    turn: Turn | None = None
    notes: tuple[str, ...] = ()  # what was left out of a file, in sentences


def choose(session: Session, wanted: Wanted, *, measured: bool = False) -> Chosen:
    """Samples to predict for, or where they are `measured` with all that the loss compares with.

    Raises UserError where there are no such samples.
    """
    if wanted.fasta is not None:
        if wanted.regions is not None:
            raise UserError("`--fasta` and `--regions` are two things to predict for", "give one of them")
        return _records(session, wanted.fasta)
    asked = over_regions(session, wanted.regions, measured=measured)
    split = wanted.split or asked.default_split
    indices = asked.indices(split)
    if not len(indices):
        raise UserError(f"the {split} split is empty", EMPTY_HELP)
    notes = asked.source.notes if isinstance(asked.source, DeclaredData) and not asked.own else ()
    return Chosen(asked.source, split, indices, asked.own, asked.turn_of(asked.source), notes)


def _records(session: Session, path: Path) -> Chosen:
    """All sequences of a FASTA."""
    source = _opened(session.spec, path)
    return Chosen(source, ALL, np.arange(len(source), dtype=np.int64), False, session.turn_of(source))


def _opened(spec: Spec, path: Path) -> Records:
    keys = read_by_model(spec)
    declared = spec.data.outputs if spec.data is not None else {}
    types = {key: declared.get(key) or spec.graph.inputs.get(key) for key in sorted(keys)}
    dna = [key for key, type in types.items() if type is not None and type.domain == "onehot"]
    if len(types) != 1 or len(dna) != 1:
        raise UserError(
            f"a FASTA gives one sequence, and the model reads {first_of(list(types))}",
            "give regions of a genome: `--regions peaks.bed`",
        )
    type = types[dna[0]]
    assert type is not None
    with reading():
        return Records(path, dna[0], type.shape[1].value)
