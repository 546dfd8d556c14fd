"""The first spec for some files: what they hold decides the model, the held-out chromosomes and the scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from getdsl.compiler.check import check_files
from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource, Indices
from getdsl.data.draws import MEASURED, uniform
from getdsl.data.errors import DataError
from getdsl.data.genome import Genome
from getdsl.data.splits import Split
from getdsl.diagnostics import SpecError, UserError
from getdsl.formats.bigwig import BigWig
from getdsl.formats.meme import MemeError, read_meme
from getdsl.formats.text import FormatError
from getdsl.runs.samples import open_source, reading, split_source
from getdsl.runs.starting.aside import chosen
from getdsl.runs.starting.draft import Draft, Task
from getdsl.runs.starting.files import FilesAtHand, quoted, resolved, written
from getdsl.runs.starting.kinds import kind_of
from getdsl.runs.starting.naming import renaming
from getdsl.runs.starting.regions_at_hand import RegionsAtHand, regions_of

LOOKED_AT = 1000  # samples whose values tell the scale of what is learnt
PASSES = 20_000  # samples that a training reads, about, as whole epochs
EPOCHS = (5, 20)


@dataclass(frozen=True)
class Started:
    """A spec that checks and whose data open, and what its samples are."""

    text: str
    task: Task
    splits: Split


def start(files: FilesAtHand, output: Path) -> Started:
    """The spec for some files, to stand at `output`. Raises UserError where they cannot be used."""
    files.refuse_others()
    with reading():
        regions, draft = _first_draft(files, output)
    draft = _with_held_out(draft, regions)
    spec = _checked(draft, output)
    source = open_source(spec)
    splits = split_source(spec, source)
    draft = _with_scale(draft, source, splits.train)
    spec = _checked(draft, output)
    return Started(draft.text(), draft.task, splits)


def _first_draft(files: FilesAtHand, output: Path) -> tuple[RegionsAtHand, Draft]:
    genome = Genome(resolved(files.genome))
    task: Task = "profile" if files.signal else "fragments"
    if files.signal and any(_has_negative(resolved(file)) for file in files.signal):
        task = "signal"
    path = resolved(files.regions)
    renamed = dict(_renamed(files, genome.lengths))
    regions = regions_of(
        written(files.regions, output), kind_of(path), path, genome, renamed, profile=task == "profile"
    )
    motifs = resolved(files.motifs) if files.motifs is not None else None
    draft = Draft(
        task,
        written(files.genome, output),
        regions.call,
        regions.width,
        [written(file, output) for file in files.signal or files.fragments],
        swap=files.stranded,
        motifs=written(files.motifs, output) if files.motifs is not None and task != "profile" else None,
        motif_width=_widest(motifs) if motifs is not None else 0,
        renamed=renamed,
    )
    return regions, draft
