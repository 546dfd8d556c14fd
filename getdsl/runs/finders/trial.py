"""Steps of a training that nobody keeps, to see what a setting does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim import Optimizer

from getdsl.compiler.sections.train_stages import Stage
from getdsl.runs.fitting.stage_weights import only_its_weights
from getdsl.runs.loading.data_module import SpecData
from getdsl.runs.opened.session import Session
from getdsl.runs.opened.strands import Batch
from getdsl.runs.process.machine import using_threads, where_it_computes
from getdsl.runs.process.random_states import seed_all
from getdsl.runs.training.lightning_module import SpecModule
from getdsl.runs.training.optimizer import make_optimizer, parameter_groups
from getdsl.runs.training.readiness import data_of, refuse_unready


@dataclass(frozen=True)
class Trial:
    """A model with its optimizer and batches; a step changes its weights, and nothing is written."""

    session: Session
    data: SpecData
    module: SpecModule
    optimizer: Optimizer
    device: str

    def batch(self, number: int) -> Batch:
        """A training batch, over the epochs, where the model is."""
        batch: Batch = self.data.train_dataloader().dataset[divmod(number, self.data.batches_per_epoch)]
        return {name: value.to(self.device) for name, value in batch.items()}

    def loss(self, batch: Batch) -> Tensor:
        losses: dict[str, Tensor] = self.session.compiled.loss(self.module.predict(batch), batch)
        return losses["total"]

    def measured(self, batch: Batch) -> float:
        """The loss, without a step."""
        with torch.no_grad():
            return float(self.loss(batch))

    def step(self, batch: Batch) -> float:
        """One step of the optimizer; the loss before it."""
        self.optimizer.zero_grad()
        loss = self.loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        if self.session.settings.gradient_clip is not None:
            torch.nn.utils.clip_grad_norm_(self.module.parameters(), self.session.settings.gradient_clip)
        self.optimizer.step()
        return float(loss.detach())


@contextmanager
def trial(session: Session) -> Iterator[Trial]:
    """A trial of the first stage of a training, in float32. Raises UserError or SpecError."""
    with using_threads(session.options.threads):
        refuse_unready(session)
        stage: Stage = session.spec.training.stages[0]
        data = data_of(session)
        with only_its_weights(session.compiled, stage):
            compiled = where_it_computes(session.compiled, session.options)
            module = SpecModule(compiled, data.turn, stage=stage)
            module.train()
            seed_all(session.settings.seed, 0)
            optimizer = make_optimizer(parameter_groups(module.model, stage.optimizer), stage.optimizer)
            yield Trial(session, data, module, optimizer, compiled.device.type)
