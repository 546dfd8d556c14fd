"""A pass over samples by which somebody is shown what the loss compares; nothing of it is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from getdsl.runs.evaluation.passing import Passing
from getdsl.runs.loading.batches import Batches, batches_of
from getdsl.runs.opened.session import Session
from getdsl.runs.opened.strands import Batch
from getdsl.runs.predict.chosen import Chosen
from getdsl.runs.process.signals import on_signals
from getdsl.runs.ranks.sharing import Process
from getdsl.runs.ranks.whole_batch import whole_batch
from getdsl.runs.training.lightning_module import SpecModule
from getdsl.runs.training.trainer import trainer_of


class _Shown(SpecModule):
    """Shows what it computes, and measures nothing."""

    shown: Passing

    def test_step(self, batch: Batch, index: int) -> None:
        self.shown.add(*whole_batch(self._outputs(batch, first=index == 0), batch, self.read))


def pass_by(session: Session, chosen: Chosen, passing: Passing) -> None:
    """Shows some samples to it, in all processes that share them. Raises UserError."""
    module = _Shown(session.compiled, chosen.turn)
    module.shown = passing
    module.read = replace(module.read, keys=module.read.keys | passing.keys)
    parts = batches_of(chosen.indices, session.settings.batch_size)
    loader = DataLoader(
        Batches(chosen.source, parts, Process.current()),
        batch_size=None,
        num_workers=session.spec.data_settings.num_workers,
        generator=torch.Generator(),
    )
    with on_signals():
        trainer_of(session, default_root_dir=Path.cwd()).test(module, dataloaders=loader, verbose=False)
