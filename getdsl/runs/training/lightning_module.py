"""A compiled spec as a LightningModule."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.strategies import ModelParallelStrategy
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR

from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.lower.inputs import InputError
from getdsl.compiler.sections.train_stages import Stage
from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import joined
from getdsl.runs.evaluation.measurement import Measurement
from getdsl.runs.evaluation.passing import Passing
from getdsl.runs.fitting.explosion import HELP, ExplodedError, non_finite_rows
from getdsl.runs.fitting.position import Position
from getdsl.runs.opened.strands import Batch, Turn, mean_over_strands, turn_with_the_strand
from getdsl.runs.ranks import sharded
from getdsl.runs.ranks.agreement import any_says, gathered
from getdsl.runs.ranks.whole_batch import Read, whole_batch
from getdsl.runs.run_folder.records import StepsState
from getdsl.runs.training.optimizer import make_optimizer, parameter_groups
from getdsl.runs.training.schedule import make_schedule
from getdsl.runs.watched.watch import Watch


class SpecModule(LightningModule):
    """Trains and measures a compiled spec.

    `trained` and `measured` hold the figures of the current epoch and of the last pass over a split.
    `steps` is the number of optimizer steps of the stage and of an epoch; without a `stage` it is the first.
    """

    def __init__(
        self,
        compiled: Compiled,
        turn: Turn | None,
        position: Position | None = None,
        steps: tuple[int, float] = (1, 1),
        stage: Stage | None = None,
    ) -> None:
        super().__init__()
        self.compiled = compiled
        self.model = compiled.module
        self.call: Callable[..., dict[str, Tensor]] | None = None  # the model in another form, as if compiled
        self.turn = turn
        self.one_strand = bool(
            compiled.spec.stages.read_inputs
        )  # what is measured turns with the strand, so that no mean is taken
        self.position = position or Position()
        self.steps = steps
        self.read = Read.of(compiled.spec)
        self.stage = stage or compiled.spec.training.stages[0]
        self.trained = Measurement(compiled.spec)
        self.measured = Measurement(compiled.spec)
        self.watch: Watch | None = None  # what pictures are drawn from, where somebody wants them
        self.passing: Passing | None = None  # is shown what is measured, likewise

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        try:
            outputs = self.compiled.outputs(batch, self.call or self.model)
        except InputError as error:
            raise UserError(f"a batch does not fit the spec: {error}") from error
        return outputs

    # -- training

    def configure_model(self) -> None:
        if isinstance(self.trainer.strategy, ModelParallelStrategy):
            assert self.device_mesh is not None
            sharded.shard(self.model, self.device_mesh["data_parallel"])

    def training_step(self, batch: Batch, index: int) -> Tensor | None:
        size, losses = self.losses(batch)
        self.trained.add(size, losses)
        return losses["total"]

    def losses(self, batch: Batch) -> tuple[int, dict[str, Tensor]]:
        """The samples of a batch, and the terms of the loss. Raises ExplodedError where one is no number."""
        outputs, whole, size = whole_batch(self.predict(batch), batch, self.read)
        losses = self.compiled.loss(outputs, whole)
        self._refuse_non_finite(losses, batch, [*outputs.values(), *whole.values()], size)
        return size, losses

    def _refuse_non_finite(
        self, losses: Mapping[str, Tensor], batch: Batch, whole: list[Tensor], size: int
    ) -> None:
        wrong = [name for name, value in losses.items() if not _is_finite(value)]
        if not wrong:
            return
        name = next((name for name in wrong if name != "total"), wrong[0])
        where = f"step {self.position.step + 1} (epoch {self.position.epoch + 1})"
        keys = sorted({key for keys in gathered(_non_finite_keys(batch)) for key in keys})
        message = f"the loss `{name}` became {float(losses[name].detach())} at {where}"
        help = f"the data hold NaN or infinity in {joined(keys)}" if keys else HELP
        raise ExplodedError(message, help, non_finite_rows(whole, size))

    def configure_optimizers(self) -> OptimizerLRScheduler:
        settings = self.stage.optimizer
        optimizer = make_optimizer(parameter_groups(self.model, settings), settings)
        factor = make_schedule(self.stage.schedule, settings.lr, *self.steps, self.position.rows)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": LambdaLR(optimizer, factor), "interval": "step"},
        }

    def set_rates(self) -> None:
        """Sets the rates of the next step anew: a schedule may read the history, which has a row more."""
        for schedule in self.schedules():
            groups = zip(schedule.optimizer.param_groups, schedule.base_lrs, schedule.lr_lambdas, strict=True)
            for group, rate, factor in groups:
                group["lr"] = rate * factor(schedule.last_epoch)

    def rates(self) -> dict[str, float]:
        """The columns of history.csv that say learning rates: of an optimizer's first group of weights."""
        return {"lr": first_rate(self.schedules()[0])}

    def schedules(self) -> list[LambdaLR]:
        """One for each optimizer."""
        found = self.lr_schedulers()
        return found if isinstance(found, list) else [found]  # type: ignore[list-item, return-value]

    # -- what a checkpoint holds of the steps

    def steps_state(self) -> StepsState:
        optimizer, schedule = self.optimizers(use_pl_optimizer=False), self.schedules()[0]
        state = sharded.whole(optimizer.state_dict())  # type: ignore[union-attr]
        return {"optimizer": state, "schedule": schedule.state_dict()}

    def restore_steps(self, state: StepsState) -> None:
        optimizer = self.optimizers(use_pl_optimizer=False)
        sharded.load_optimizer(optimizer, state["optimizer"])  # type: ignore[arg-type]
        self.schedules()[0].load_state_dict(state["schedule"])

    # -- measuring

    def on_validation_epoch_start(self) -> None:
        self.measured = Measurement(self.compiled.spec)

    def validation_step(self, batch: Batch, index: int) -> None:
        own = self._outputs(batch, first=index == 0)
        outputs, whole, size = whole_batch(own, batch, self.read)
        losses = self.compiled.loss(outputs, whole)
        self.measured.add(size, losses, self.compiled.measured(outputs, whole))
        if self.watch is not None:
            self.watch.add(outputs, whole)
        if self.passing is not None:
            self.passing.add(outputs, whole, size)

    on_test_epoch_start = on_validation_epoch_start
    test_step = validation_step

    def predict_step(self, batch: Batch, index: int) -> dict[str, Tensor]:
        return self._outputs(batch, first=index == 0)

    def _outputs(self, batch: Batch, *, first: bool) -> dict[str, Tensor]:
        if self.turn is None:
            return self.predict(batch)
        turned = self.turn(batch)
        if first:
            self.one_strand |= any_says(turn_with_the_strand(batch, turned, self.read.keys))
        return self.predict(batch) if self.one_strand else mean_over_strands(self.predict, batch, turned)


def _non_finite_keys(batch: Batch) -> list[str]:
    floats = {key: value for key, value in batch.items() if value.is_floating_point()}
    return [f"`{key}`" for key, value in floats.items() if not _is_finite(value)]


def _is_finite(value: Tensor) -> bool:
    return bool(torch.isfinite(value).all())


def first_rate(schedule: LambdaLR) -> float:
    """The learning rate of an optimizer's first group of weights."""
    return float(schedule.optimizer.param_groups[0]["lr"])
