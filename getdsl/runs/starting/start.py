"""The first spec for some files: what they hold decides the model, the held-out chromosomes and the scale."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.compiler.check import check_files
from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource, Indices
from getdsl.data.draws import MEASURED, uniform
from getdsl.data.genome import Genome
from getdsl.data.splits import Split
from getdsl.diagnostics import SpecError
from getdsl.runs.opened.samples import open_source, reading, split_source
from getdsl.runs.starting.aside import chosen
from getdsl.runs.starting.draft import Draft, Task
from getdsl.runs.starting.files import FilesAtHand, quoted, resolved, written
from getdsl.runs.starting.looked_into import (
    celltypes_of,
    chromosomes_of,
    columns_of,
    has_negative,
    is_paired,
    renaming,
    widest_motif,
)
from getdsl.runs.starting.regions_at_hand import RegionsAtHand, regions_of

LOOKED_AT = 1000  # samples whose values tell the scale of what is learnt
PASSES = 15_000  # samples that a training reads, about, in whole epochs
FEWEST_EPOCHS, MOST_EPOCHS = 5, 20
BLOCKS = 50  # of a genome, where no chromosome can be held out


@dataclass(frozen=True)
class Started:
    """A spec that checks and whose data open; `samples` of which how many train, validate and test."""

    text: str
    task: Task
    splits: Split


def start(files: FilesAtHand, output: Path) -> Started:
    """The spec for some files, to stand at `output`. Raises UserError where they cannot be used."""
    files.refuse_others()
    with reading():
        draft = _first_draft(files, output)
    source, splits = _opened(draft, output)
    draft = _with_scale(draft, source, splits.train)
    _checked(draft, output)
    return Started(draft.text(), draft.task, splits)


def _first_draft(files: FilesAtHand, output: Path) -> Draft:
    """All but the scale of what is learnt. Raises DataError."""
    genome = Genome(resolved(files.genome))
    ((option, targets),) = files.measured.items()
    task: Task = (
        "fragments" if option == "fragments" else "alignments" if option == "alignments" else "anndata"
    )
    if option == "signal":
        task = "signal" if any(map(has_negative, map(resolved, targets))) else "profile"
    renamed = _renamed(files, genome.lengths)
    regions = regions_of(files.regions, output, genome, renamed, profile=task == "profile")
    motifs = files.motifs if task != "profile" else None
    held_out, validation = _held_out(regions, genome)
    return Draft(
        task,
        written(files.genome, output),
        regions.call,
        regions.width,
        [written(file, output) for file in (targets if task != "signal" else targets[:1])],
        swap=files.stranded,
        motifs=written(motifs, output) if motifs is not None else None,
        motif_width=widest_motif(resolved(motifs)) if motifs is not None else 0,
        celltypes=celltypes_of(resolved(files.barcodes)) if files.barcodes is not None else (),
        barcodes=written(files.barcodes, output) if files.barcodes is not None else None,
        paired=task != "alignments" or all(map(is_paired, map(resolved, targets))),
        columns=len(columns_of(resolved(targets[0]))) if task == "anndata" else 1,
        renamed=renamed,
        hold_out=held_out,
        validation=validation,
    )


def _renamed(files: FilesAtHand, genome: Collection[str]) -> dict[str, str]:
    """The genome's names of what the files call otherwise."""
    found: dict[str, str] = {}
    for file in (files.regions, *chain.from_iterable(files.measured.values())):
        found |= renaming(chromosomes_of(resolved(file)), genome)
    return found


def _held_out(regions: RegionsAtHand, genome: Genome) -> tuple[str, str]:
    """What `hold_out` and `validation` say: chromosomes, or blocks where there are too few of them."""
    numbers = regions.by_chromosome()
    test = chosen(numbers)
    validation = chosen(numbers, test)
    if test and validation:
        return _chromosomes(test, numbers), _chromosomes(validation, numbers)
    block = max(1, sum(genome.lengths[name] for name in numbers) // BLOCKS)
    rule = f"{{ fraction = 0.15, block = {block} }}"
    return f"{rule}     # too few chromosomes to hold out whole ones", rule


def _chromosomes(names: Iterable[str], numbers: Mapping[str, int]) -> str:
    listed = ", ".join(map(quoted, names))
    share = sum(numbers[name] for name in names) / sum(numbers.values())
    return f"{{ chromosomes = [{listed}] }}     # {share:.0%} of the regions".replace("%", " %")


def _opened(draft: Draft, output: Path) -> tuple[DataSource, Split]:
    spec = _checked(draft, output)
    source = open_source(spec)
    return source, split_source(spec, source)


def _checked(draft: Draft, output: Path) -> Spec:
    """The draft as it would be read at `output`. Raises SpecError, which would be a mistake of ours."""
    checked = check_files({output.resolve(): draft.text()}, Overrides())
    if checked.spec is None:
        raise SpecError(checked.diagnostics)
    return checked.spec


def _with_scale(draft: Draft, source: DataSource, train: Indices) -> Draft:
    """With the mean and spread of what is learnt, the weight of counts beside profiles, and epochs."""
    values = _values(draft, source, train)
    label = np.log2(1 + values) if draft.logged else values
    epochs = int(np.clip(round(PASSES / len(train)), FEWEST_EPOCHS, MOST_EPOCHS))
    weight = max(1.0, float(np.median(values)) / 10)
    return replace(
        draft, mean=float(label.mean()), std=max(float(label.std()), 0.01), weight=weight, epochs=epochs
    )


def _values(draft: Draft, source: DataSource, train: Indices) -> Any:
    """What is measured in some training samples [n], each summed up but for the columns of a matrix."""
    drawn = np.argsort(uniform(0, 2, MEASURED, train), kind="stable")[:LOOKED_AT]
    found = []
    with reading():
        for part in np.array_split(np.sort(train[drawn]), 1 + len(drawn) // 100):
            values = source.batch(part)[draft.target].double().reshape(len(part), -1)
            found.append((values.ravel() if draft.task == "anndata" else values.sum(dim=1)).numpy())
    return np.concatenate(found)
