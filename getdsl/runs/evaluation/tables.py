"""The figures of a model on samples, a row for each term and whatever else they are told apart by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.stages.comparisons import comparisons
from getdsl.data.data_source import Indices
from getdsl.diagnostics import UserError
from getdsl.runs.batches import Batches, batches_of
from getdsl.runs.evaluation.term import Constant, MeasuredTerm
from getdsl.runs.lightning_module import SpecModule
from getdsl.runs.predict.chosen import Chosen
from getdsl.runs.session import Session
from getdsl.runs.signals import on_signals
from getdsl.runs.strands import Batch
from getdsl.runs.trainer import trainer_of

BY = ("celltype", "chrom", "track")
COLUMNS = {"celltype": "celltype", "chrom": "chrom"}  # of the samples' table
MOST_TRAINING = 1024  # samples that the mean is taken of

Row = dict[str, str | int | float]


@dataclass(frozen=True)
class Groups:
    """What samples are told apart by: `labels` of each group, and the group of each sample [N]."""

    names: tuple[str, ...]
    labels: list[tuple[str, ...]]
    of: Indices


def groups_of(chosen: Chosen, by: Sequence[str]) -> Groups:
    """Raises UserError where the samples have no such column."""
    names = tuple(name for name in by if name in COLUMNS)
    table = chosen.source.table
    for name in names:
        if COLUMNS[name] not in table:
            raise UserError(f"the samples have no {name} to tell them apart by", "leave it out of `--by`")
    if not names:
        return Groups((), [()], np.zeros(len(chosen.indices), np.int64))
    columns = [np.asarray(table[COLUMNS[name]])[chosen.indices].tolist() for name in names]
    rows = list(zip(*columns, strict=True))
    labels = list(dict.fromkeys(rows))
    place = {label: at for at, label in enumerate(labels)}
    return Groups(names, labels, np.array([place[row] for row in rows], np.int64))


class _Passing:
    """Is shown the outputs and the batch of each step, and knows the samples by their order."""

    def __init__(self, compiled: Compiled, terms: Mapping[str, MeasuredTerm]) -> None:
        self.compiled, self.terms = compiled, terms
        self.done = 0

    def add(self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> None:
        values = self.compiled.compared(outputs, batch)
        size = len(next(iter(batch.values())))
        part = slice(self.done, self.done + size)
        self.done += size
        for name, term in self.terms.items():
            if f"{name}.prediction" not in values:
                continue
            mask = values.get(f"{name}.mask")
            shaped = term.shaped(values[f"{name}.prediction"], values[f"{name}.target"], mask)
            if shaped is not None:
                self.take(name, part, *shaped)

    def take(self, name: str, part: slice, prediction: Tensor, target: Tensor, counts: Tensor) -> None:
        raise NotImplementedError


class _Fitting(_Passing):
    """Takes the mean of the targets."""

    def __init__(self, compiled: Compiled, terms: Mapping[str, MeasuredTerm]) -> None:
        super().__init__(compiled, terms)
        self.constants = {name: Constant() for name in terms}

    def take(self, name: str, part: slice, prediction: Tensor, target: Tensor, counts: Tensor) -> None:
        self.constants[name].add(target, counts)


class _Measuring(_Passing):
    def __init__(
        self,
        compiled: Compiled,
        terms: Mapping[str, MeasuredTerm],
        constants: Mapping[str, Constant],
        groups: Groups,
    ) -> None:
        super().__init__(compiled, terms)
        self.constants, self.group = constants, torch.from_numpy(groups.of)

    def take(self, name: str, part: slice, prediction: Tensor, target: Tensor, counts: Tensor) -> None:
        self.terms[name].add(prediction, target, counts, self.group[part], self.constants[name])


class _Shown(SpecModule):
    """Shows what it computes, and keeps nothing."""

    passing: _Passing

    def test_step(self, batch: Batch, index: int) -> None:
        self.passing.add(self._outputs(batch, first=index == 0), batch)


def measured_tables(session: Session, chosen: Chosen, by: Sequence[str] = ()) -> list[Row]:
    """Beside the model's figures those of the mean of the training targets, `mean_…`.

    Raises UserError where the spec has no loss whose terms compare two tensors.
    """
    compiled, groups = session.compiled, groups_of(chosen, by)
    graph = next(iter(session.spec.stages.losses.values()), None)
    found = comparisons(graph) if graph is not None else {}
    if not found:
        help = "add a term, such as `loss { y = MSE(y, batch.y) }`"
        raise UserError("the loss compares nothing that could be measured", help)
    terms = {
        name: MeasuredTerm(each, len(groups.labels), by_track="track" in by) for name, each in found.items()
    }
    training = _evenly(session.indices("train")) if chosen.own else _evenly(chosen.indices)
    fitting = _Fitting(compiled, terms)
    _pass(session, replace(chosen, indices=training, turn=None), fitting)
    _pass(session, chosen, _Measuring(compiled, terms, fitting.constants, groups))
    return [row for name, term in terms.items() for row in _rows(name, term, groups)]


def _evenly(indices: Indices) -> Indices:
    """Some samples from one end to the other."""
    if len(indices) <= MOST_TRAINING:
        return indices
    return indices[np.linspace(0, len(indices) - 1, MOST_TRAINING).astype(np.int64)]


def _pass(session: Session, chosen: Chosen, passing: _Passing) -> None:
    module = _Shown(session.compiled, chosen.turn)
    module.passing = passing
    loader = DataLoader(
        Batches(chosen.source, batches_of(chosen.indices, session.settings.batch_size)),
        batch_size=None,
        num_workers=session.spec.data_settings.num_workers,
        generator=torch.Generator(),
    )
    with on_signals():
        trainer_of(session, default_root_dir=Path.cwd()).test(module, dataloaders=loader, verbose=False)


def _rows(name: str, term: MeasuredTerm, groups: Groups) -> Iterable[Row]:
    figures = term.figures()
    if not figures:
        return
    tracks = figures["values"].shape[1]
    for at, labels in enumerate(groups.labels):
        for track in range(tracks):
            row: Row = {"term": name, **dict(zip(groups.names, labels, strict=True))}
            if term.by_track:
                row["track"] = track
            row["samples"] = int((groups.of == at).sum())
            row["values"] = int(figures["values"][at, track])
            yield row | {key: float(value[at, track]) for key, value in figures.items() if key != "values"}
