"""A model asked for the outputs of many sequences."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.lower.input_names import input_names
from getdsl.compiler.lower.rerun import Edits, Rerun
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.formats.fasta import Codes, reverse_complement
from getdsl.runs.design.goal import Goal
from getdsl.runs.opened.session import Session
from getdsl.runs.process.machine import where_it_computes
from getdsl.runs.score.widths import by_width

Values = np.ndarray[tuple[int, ...], np.dtype[np.float32]]  # [N, terms]


class Scorer:
    """What a trained model says of sequences, both strands averaged where the run was trained on both."""

    def __init__(self, session: Session, goal: Goal, batch: int) -> None:
        self.compiled: Compiled = where_it_computes(session.compiled, session.options).eval()
        self.goal = goal
        self.batch = batch
        dna, self.input, self.lengths = _inputs(session.spec)
        self.rerun = Rerun(self.compiled, dna)
        self.both = session.settings.reverse_complement

    def values(self, codes: Codes) -> Values:
        """The goal's terms for sequences [N, L], [N, terms]."""
        found = []
        with torch.no_grad():
            for at in range(0, len(codes), self.batch):
                found.append(self.of(_one_hot(codes[at : at + self.batch])).cpu().numpy())
        return np.concatenate(found)

    def near(self, codes: Codes, others: Codes) -> Values:
        """The same for others [N, L] of a sequence [L], of which only what differs is computed anew."""
        found = self._near(codes, others)
        if self.both:
            found = (found + self._near(reverse_complement(codes), reverse_complement(others))) / 2
        values: Values = found.cpu().numpy()
        return values

    def _near(self, codes: Codes, others: Codes) -> Tensor:
        reference = self.rerun.reference(self._inputs(_one_hot(codes[None])))
        parts, order = [], []
        for group in by_width(others != codes):
            bases = others[group.rows[:, None], group.start[:, None] + np.arange(group.width)]
            start = torch.from_numpy(group.start).to(self.compiled.device)
            edits = Edits(torch.zeros_like(start), start, _one_hot(bases).to(start.device))
            parts.append(self.goal.values(self.rerun.alternates(reference, edits)))
            order.append(torch.from_numpy(group.rows))
        return torch.cat(parts)[torch.cat(order).argsort()]

    def gains(self, values: Values) -> Values:
        """How good values [N, terms] are, [N]."""
        gains: Values = self.goal.gain(torch.from_numpy(values)).numpy()
        return gains

    def of(self, onehot: Tensor) -> Tensor:
        """The goal's terms for one-hot sequences [N, L, 4], with their gradient, [N, terms]."""
        found = self._run(onehot)
        return (found + self._run(onehot.flip(1, 2))) / 2 if self.both else found

    def _inputs(self, onehot: Tensor) -> dict[str, Tensor]:
        onehot = onehot.to(self.compiled.device)
        inputs = {self.input: onehot}
        if self.lengths is not None:
            inputs[self.lengths] = torch.full((len(onehot), 1), onehot.shape[1], device=onehot.device)
        return inputs

    def _run(self, onehot: Tensor) -> Tensor:
        try:
            return self.goal.values(self.compiled.module(**self._inputs(onehot)))
        except (RuntimeError, ValueError) as error:
            raise UserError(
                f"the model does not take {onehot.shape[1]:,} bp: {str(error).partition(chr(10))[0]}",
                "give sequences of the length that it was trained on, with `--length` or `--start`",
            ) from error


def _one_hot(codes: Codes) -> Tensor:
    return torch.nn.functional.one_hot(torch.from_numpy(codes.astype(np.int64)), 4).float()


def _inputs(spec: Spec) -> tuple[str, str, str | None]:
    """The input of the model's DNA, its argument, and that of the lengths of its regions, if it reads them.

    Raises UserError where it reads no DNA, or more than a new sequence has.
    """
    inputs, called = spec.graph.inputs, input_names(spec.graph.inputs)
    dna = [name for name, type in inputs.items() if type.domain == "onehot"]
    lengths = [name for name, type in inputs.items() if type.domain == "lengths"]
    others = [f"`{name}: {type}`" for name, type in inputs.items() if name not in (*dna[:1], *lengths[:1])]
    if not dna:
        raise UserError(
            f"{spec.model} reads no DNA, so there is no sequence to design",
            "design needs an input such as `sequence: onehot[B, L, 4]`",
        )
    if others:
        raise UserError(
            f"{spec.model} reads {others[0]} beside the sequence, which a new sequence does not have",
            "design needs a model of DNA alone",
        )
    return dna[0], called[dna[0]], called[lengths[0]] if lengths else None
