"""The figures of a model on samples, a row for each term and whatever else they are told apart by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.lower.measures.value_pairs import Sides
from getdsl.compiler.stages.comparisons import comparisons
from getdsl.data.data_source import Indices
from getdsl.diagnostics import UserError
from getdsl.runs.evaluation.pass_by import pass_by
from getdsl.runs.evaluation.passing import Passing
from getdsl.runs.evaluation.term import Constant, MeasuredTerm
from getdsl.runs.opened.session import Session
from getdsl.runs.predict.chosen import Chosen

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


class _Fitting(Passing):
    """Takes the mean of the targets."""

    def __init__(self, compiled: Compiled, terms: Mapping[str, MeasuredTerm]) -> None:
        super().__init__(compiled)
        self.terms, self.constants = terms, {name: Constant() for name in terms}

    def take(self, name: str, part: slice, compared: Sides) -> None:
        shaped = self.terms[name].shaped(*compared)
        if shaped is not None:
            self.constants[name].add(*shaped[1:])


class _Measuring(Passing):
    def __init__(
        self,
        compiled: Compiled,
        terms: Mapping[str, MeasuredTerm],
        constants: Mapping[str, Constant],
        groups: Groups,
    ) -> None:
        super().__init__(compiled)
        self.terms, self.constants, self.group = terms, constants, torch.from_numpy(groups.of)

    def take(self, name: str, part: slice, compared: Sides) -> None:
        shaped = self.terms[name].shaped(*compared)
        if shaped is not None:
            self.terms[name].add(*shaped, self.group[part], self.constants[name])


class Tables:
    """The rows of some samples: `measuring` is to be shown all of them, once, by whoever passes over them.

    Beside the model's figures stand those of the mean of the training targets, `mean_…`, which is taken when
    it is made. Raises UserError where the spec has no loss whose terms compare two tensors.
    """

    def __init__(self, session: Session, chosen: Chosen, by: Sequence[str] = ()) -> None:
        graph = next(iter(session.spec.stages.losses.values()), None)
        found = comparisons(graph) if graph is not None else {}
        if not found:
            help = "add a term, such as `loss { y = MSE(y, batch.y) }`"
            raise UserError("the loss compares nothing that could be measured", help)
        self.groups = groups_of(chosen, by)
        number, by_track = len(self.groups.labels), "track" in by
        self.terms = {name: MeasuredTerm(each, number, by_track=by_track) for name, each in found.items()}
        training = _evenly(session.indices("train")) if chosen.own else _evenly(chosen.indices)
        fitting = _Fitting(session.compiled, self.terms)
        pass_by(session, replace(chosen, indices=training, turn=None), fitting)
        self.measuring = _Measuring(session.compiled, self.terms, fitting.constants, self.groups)

    def rows(self) -> list[Row]:
        return [row for name, term in self.terms.items() for row in _rows(name, term, self.groups)]


def _evenly(indices: Indices) -> Indices:
    """Some samples from one end to the other."""
    if len(indices) <= MOST_TRAINING:
        return indices
    return indices[np.linspace(0, len(indices) - 1, MOST_TRAINING).astype(np.int64)]


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
