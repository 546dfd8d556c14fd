"""Alternates of samples: an edit is followed along its course, and only what it touches is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.lower.rerun.edits import Edits
from getdsl.compiler.lower.rerun.following import Following
from getdsl.compiler.lower.rerun.reference import Reference, run_reference
from getdsl.compiler.lower.rerun.step_calls import Calls
from getdsl.compiler.reach import course_of

AT_ONCE = 32 << 20
"""Bytes of the largest value of alternates that are run at once, if all of it were computed."""

MOST = 1024


class Rerun:
    """A model, and how a change of one of its inputs goes through it."""

    def __init__(self, compiled: Compiled, changed: str) -> None:
        self.course = course_of(compiled.graph, changed)
        self.changed = changed
        self.module = compiled.module
        self.calls = Calls(compiled.module)

    def reference(self, inputs: Mapping[str, Tensor]) -> Reference:
        """The samples as they are, from inputs as `Compiled.prepare` gives them; in evaluation mode."""
        with torch.no_grad(), _evaluating(self.module):
            return run_reference(self.course, self.calls, inputs)

    def alternates(self, reference: Reference, edits: Edits) -> dict[str, Tensor]:
        """The outputs [V, …] of samples of the reference with an edit each, in evaluation mode.

        Of outputs those that have a row for each sample. They equal those of a run on the edited inputs, but
        for the rounding of sums.
        """
        if not len(edits):
            return {name: reference.outputs[name][:0] for name in self.course.by_sample()}
        order = edits.start.argsort(stable=True)  # of neighbours, stretches are cut off at the same places
        size = self._at_once(reference)
        found: dict[str, list[Tensor]] = {name: [] for name in self.course.by_sample()}
        with torch.no_grad(), _evaluating(self.module):
            for rows in torch.split(order, size):
                following = Following(self.course, self.calls, reference, edits.sample[rows])
                for name, value in following.outputs(self.changed, edits.chosen(rows)).items():
                    found[name].append(value)
        back = order.argsort()
        return {name: torch.cat(parts)[back] for name, parts in found.items()}

    def _at_once(self, reference: Reference) -> int:
        """How many alternates are run at once."""
        values = [value for value in reference.values.values() if value.numel()]
        largest = max((value[0].nbytes if value.dim() else 1 for value in values), default=1)
        return max(1, min(MOST, AT_ONCE // largest))


def alternates(
    compiled: Compiled, inputs: Mapping[str, Tensor], changed: str, edits: Edits
) -> dict[str, Tensor]:
    """The outputs [V, …] of the model for edits of the input `changed`, each of one of the samples.

    `inputs` are as `compiled.prepare` gives them. Only what an edit touches is computed for it: see `Rerun`,
    which keeps the reference for further edits.
    """
    rerun = Rerun(compiled, changed)
    return rerun.alternates(rerun.reference(inputs), edits)


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    training = [each for each in module.modules() if each.training]
    for each in training:
        each.training = False
    try:
        yield
    finally:
        for each in training:
            each.training = True
