"""In-silico mutagenesis: the explained number for every sequence that differs in one base."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.lower.input_names import input_names
from getdsl.compiler.lower.rerun import Edits, Rerun
from getdsl.runs.interpret.target import Target


def mutagenesis(compiled: Compiled, target: Target, name: str, inputs: Mapping[str, Tensor]) -> Tensor:
    """The difference that each base at each position makes, [B, L, 4]; 0 for the one that is there.

    `inputs` are as `compiled.prepare` gives them. Only what a base can change is computed anew for it.
    """
    rerun = Rerun(compiled, name)
    reference = rerun.reference(inputs)
    before = target.numbers(reference.outputs[target.output])
    sequence = inputs[input_names(compiled.spec.graph.inputs)[name]]
    edits = Edits.substitutions(sequence)
    found = torch.zeros_like(sequence)
    for sample in range(len(sequence)):  # one by one, for outputs may be large
        some = edits.chosen(edits.sample == sample)
        outputs = rerun.alternates(reference, some)
        changes = target.numbers(outputs[target.output]) - before[sample]
        found[sample, some.start, some.values[:, 0].argmax(1)] = changes
    return found
