"""A training by several optimizers, each of its own weights and terms."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from getdsl.compiler.directives.owners import all_optimizers, owner
from getdsl.compiler.sections.part_optimizer import PartOptimizer
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.runs.opened.strands import Batch
from getdsl.runs.run_folder.records import StepsState
from getdsl.runs.training.lightning_module import SpecModule, first_rate
from getdsl.runs.training.optimizer import make_optimizer, parameter_groups
from getdsl.runs.training.schedule import make_schedule


def refuse_many_processes(spec: Spec) -> None:
    """Raises UserError where a spec has several optimizers, which work in one process."""
    if spec.training.parts:
        message = "a spec with several optimizers trains in one process, on one device"
        raise UserError(message, "start one process: `--devices 1`, without torchrun or srun")


class SeveralModule(SpecModule):
    """Each optimizer in turn computes the model anew, with the weights that those before it have changed.

    The main one comes first, then the others as the spec has them. While one is at work the weights of the
    others take no gradient. A schedule goes over the optimizer's own steps.
    """

    automatic_optimization = False

    @cached_property
    def at_work(self) -> list[PartOptimizer]:
        """Those that have weights in this stage."""
        known = all_optimizers(self.compiled.spec, self.stage.optimizer)
        return [item for item in known if self._groups(item)]

    def _groups(self, item: PartOptimizer) -> list[dict[str, Any]]:
        known = all_optimizers(self.compiled.spec)
        return parameter_groups(self.model, item.settings, lambda name: owner(known, name).name == item.name)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        return tuple(self._configured(item) for item in self.at_work)  # type: ignore[return-value]

    def _configured(self, item: PartOptimizer) -> dict[str, Any]:
        optimizer = make_optimizer(self._groups(item), item.settings)
        steps, per_epoch = self.steps
        own = (max(1, steps // item.every), per_epoch / item.every)
        factor = make_schedule(self.stage.schedule, item.settings.lr, *own, self.position.rows)
        return {"optimizer": optimizer, "lr_scheduler": LambdaLR(optimizer, factor)}

    def training_step(self, batch: Batch, index: int) -> None:
        before = None  # the losses that the first of them found
        for item, optimizer, schedule in self._due():
            with self.toggled_optimizer(optimizer):
                size, losses = self.losses(batch)
                self._step(item, optimizer, losses)
            schedule.step()
            before = before or (size, losses)
        if before is None:
            with torch.no_grad():
                before = self.losses(batch)
        self.trained.add(*before)

    def rates(self) -> dict[str, float]:
        """Of the main one and, as `lr_NAME`, of each other; 0 where it rests."""
        at_work = {item.name: schedule for item, schedule in zip(self.at_work, self.schedules(), strict=True)}
        return {
            f"lr_{item.name}" if item.name else "lr": (
                first_rate(at_work[item.name]) if item.name in at_work else 0.0
            )
            for item in all_optimizers(self.compiled.spec)
        }

    def _due(self) -> Iterator[tuple[PartOptimizer, Any, LambdaLR]]:
        """The optimizers that make a step on the batch at hand."""
        optimizers = self.optimizers()
        listed = optimizers if isinstance(optimizers, list) else [optimizers]
        for item, optimizer, schedule in zip(self.at_work, listed, self.schedules(), strict=True):
            if (self.position.stage_batch + 1) % item.every == 0:
                yield item, optimizer, schedule

    def _step(self, item: PartOptimizer, optimizer: Any, losses: dict[str, Tensor]) -> None:
        total = torch.stack([losses[name] for name in item.minimises]).sum()
        if total.requires_grad:  # else none of its weights is in the terms, which `plan` warns of
            self.manual_backward(total)
        clip = self.compiled.spec.train.gradient_clip
        if clip is not None:
            own = [weight for group in optimizer.param_groups for weight in group["params"]]
            torch.nn.utils.clip_grad_norm_(own, clip)
        optimizer.step()
        optimizer.zero_grad()

    # -- what a checkpoint holds of the steps

    def steps_state(self) -> StepsState:
        found: dict[str, StepsState] = {
            item.name: {"optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
            for item, optimizer, schedule in self._plain()
        }
        resting: StepsState = {"optimizer": {}, "schedule": {}}
        main = found.pop("", resting)  # it rests where all its weights are frozen
        return {**main, "parts": found}

    def restore_steps(self, state: StepsState) -> None:
        for item, optimizer, schedule in self._plain():
            own = state["parts"][item.name] if item.name else state
            optimizer.load_state_dict(own["optimizer"])
            schedule.load_state_dict(own["schedule"])

    def _plain(self) -> Iterator[tuple[PartOptimizer, Optimizer, LambdaLR]]:
        optimizers = self.optimizers(use_pl_optimizer=False)
        listed = optimizers if isinstance(optimizers, list) else [optimizers]
        return zip(self.at_work, listed, self.schedules(), strict=True)
