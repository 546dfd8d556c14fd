"""Losses and metrics over a whole split, not means of batches."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from getdsl.compiler.lower.inputs import InputError
from getdsl.compiler.lower.measures.measured_term import MeasuredTerm
from getdsl.compiler.lower.measures.value_pairs import Sides
from getdsl.compiler.sections.figures import figure_name
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.runs.run_folder.records import SumsState

Floats = NDArray[np.float32]


class Measurement:
    """Takes in the batches of one pass; what is compared value by value stays in memory, on the CPU."""

    def __init__(self, spec: Spec) -> None:
        self.terms = {name: MeasuredTerm(spec, name) for name in spec.stages.metric_terms}
        self.samples = 0
        self._sums: dict[str, float] = {}
        self._seen: set[str] = set()  # terms of which there is something to measure

    def add(
        self, size: int, losses: Mapping[str, Tensor], measured: Mapping[str, Sides] | None = None
    ) -> None:
        """A batch of `size` samples; a loss is its mean over them. Raises UserError."""
        self.samples += size
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value.detach()) * size
        for name, compared in (measured or {}).items():
            self._seen.add(name)
            try:
                self.terms[name].add(*compared)
            except InputError as error:
                raise UserError(str(error)) from error

    def state(self) -> SumsState:
        """The losses so far, for a run that goes on in the middle of an epoch."""
        return {"samples": self.samples, "sums": dict(self._sums)}

    def restore(self, state: SumsState) -> None:
        self.samples, self._sums = state["samples"], dict(state["sums"])

    def pairs(self) -> dict[str, tuple[Floats, Floats]]:
        """Of each term whose values are compared all predictions and targets, flat, as samples come."""
        values = {name: term.values.pair() for name, term in self.terms.items() if term.values is not None}
        return {name: (pair[0].numpy(), pair[1].numpy()) for name, pair in values.items() if pair is not None}

    def figures(self, prefix: str) -> dict[str, float]:
        """Means of the losses per sample, and the metrics over all of them; NaN where one is not defined.

        Raises UserError where a metric cannot be taken.
        """
        terms = [name for name in self._sums if name != "total"]
        found = {f"{prefix}loss": self._sums.get("total", float("nan")) / max(1, self.samples)}
        if len(terms) > 1:
            found |= {f"{prefix}loss_{name}": self._sums[name] / max(1, self.samples) for name in terms}
        for term in (name for name in self.terms if name in self._seen):
            try:
                values = self.terms[term].figures()
            except InputError as error:
                raise UserError(str(error)) from error
            found |= {
                prefix + figure_name(term, metric, single=len(self.terms) == 1): value
                for metric, value in values.items()
            }
        return found
