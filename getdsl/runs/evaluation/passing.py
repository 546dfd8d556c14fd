"""A pass over samples that shows what each term of the loss compares, batch by batch, and keeps nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.lower.measures.value_pairs import Sides
from getdsl.runs.batches import Batches, batches_of
from getdsl.runs.lightning_module import SpecModule
from getdsl.runs.predict.chosen import Chosen
from getdsl.runs.session import Session
from getdsl.runs.signals import on_signals
from getdsl.runs.strands import Batch
from getdsl.runs.trainer import trainer_of


class Passing:
    """Is shown the outputs and the batch of each step, and knows the samples by their order."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.done = 0

    def add(self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> None:
        values = self.compiled.compared(outputs, batch)
        size = len(next(iter(batch.values())))
        part = slice(self.done, self.done + size)
        self.done += size
        for name in (key.removesuffix(".prediction") for key in values if key.endswith(".prediction")):
            sides = values[f"{name}.prediction"], values[f"{name}.target"], values.get(f"{name}.mask")
            self.take(name, part, Sides(*sides))
        self.take_batch(part, batch)

    def take(self, name: str, part: slice, compared: Sides) -> None:
        """What a term compares of some samples."""

    def take_batch(self, part: slice, batch: Mapping[str, Tensor]) -> None:
        """The batch of some samples."""


class _Shown(SpecModule):
    """Shows what it computes, and keeps nothing."""

    passing: Passing

    def test_step(self, batch: Batch, index: int) -> None:
        self.passing.add(self._outputs(batch, first=index == 0), batch)


def pass_by(session: Session, chosen: Chosen, passing: Passing) -> None:
    """Shows some samples to it. Raises UserError."""
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
