"""After each round: a row of the history, the checkpoints, and whether to go on."""

from __future__ import annotations

import time
from pathlib import Path
from types import FrameType

from lightning.pytorch import Callback, LightningModule, Trainer

from getdsl.compiler.lower.finite import holding_nan
from getdsl.compiler.sections.train import TrainSettings
from getdsl.diagnostics.listing import first_of
from getdsl.runs.checkpoint import BEST, LAST, Checkpoint, write_checkpoint
from getdsl.runs.explosion import ExplodedError
from getdsl.runs.fitting.kept import best_of, write_kept
from getdsl.runs.fitting.rounds import Rounds
from getdsl.runs.fitting.step_times import StepTimes
from getdsl.runs.lightning_module import SpecModule
from getdsl.runs.lock import refuse_gone
from getdsl.runs.position import Position
from getdsl.runs.random_states import random_states, seed_all, set_random_states
from getdsl.runs.records import Row, RunRecord, TrainingState
from getdsl.runs.report import write_history
from getdsl.runs.signals import Interrupted


class Bookkeeping(Callback):
    """Keeps `position` and the files of a run's folder up to date; Lightning's epochs are our rounds.

    `training` is the part of a checkpoint that a resumed run starts from. With `minutes` a checkpoint is also
    written in the middle of a round, when so much time has passed.
    """

    def __init__(
        self,
        folder: Path,
        settings: TrainSettings,
        position: Position,
        record: RunRecord,
        rounds: Rounds,
        training: TrainingState | None = None,
        minutes: float | None = None,
    ) -> None:
        self.folder = folder
        self.settings = settings
        self.position = position
        self.record = record
        self.rounds = rounds
        self.training = training
        self.seconds_between = None if minutes is None else minutes * 60
        self.asked: int | None = None  # the signal that asked to stop
        self.row: Row = {}
        self.times = StepTimes()

    # -- the way through a round

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        assert isinstance(module, SpecModule)
        self.started = self.saved = time.monotonic()
        if self.training is None:
            return
        optimizer, schedule = module.optimizers(use_pl_optimizer=False), module.lr_schedulers()
        optimizer.load_state_dict(self.training["optimizer"])  # type: ignore[union-attr]
        schedule.load_state_dict(self.training["schedule"])  # type: ignore[union-attr]
        trainer.precision_plugin.load_state_dict(self.training["precision"])
        module.trained.restore(self.training["sums"])

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        self.started = time.monotonic()
        if self.position.stage_batch % self.rounds.length and self.training is not None:
            set_random_states(self.training["random"])
        else:
            seed_all(self.settings.seed, len(self.position.history))

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        end = self.rounds.end(self.position.stage_batch)
        self.position.advance(self.rounds.epoch)
        done = self.position.stage_batch
        if done == end or not self.rounds.at_step(done):
            return  # the end of the round comes next, or gradients are under way that no checkpoint holds
        late = self.seconds_between is not None and time.monotonic() - self.saved >= self.seconds_between
        if self.asked is not None or late:
            self.save(trainer, module)
            self.times.leave_out()
        self.leave_if_asked()

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        assert isinstance(module, SpecModule)
        self.row = self._row(trainer, module)
        module.trained = type(module.trained)(module.compiled.spec)
        self.position.history.append(self.row)
        module.set_rates()
        self.refuse_unfit(module)
        self.keep(module)
        self.save(trainer, module)
        write_history(self.folder, self.position.history)
        trainer.should_stop = self.position.stage_finished(self.rounds, self.settings)
        if not trainer.should_stop:
            self.leave_if_asked()

    def _row(self, trainer: Trainer, module: SpecModule) -> Row:
        """The columns of history.csv, as docs/training.md lists them."""
        position = self.position
        return {
            "epoch": position.epochs(self.rounds.epoch),
            "step": position.steps_before + self.rounds.steps_in(position.stage_batch),
            **({"stage": position.stage + 1} if self.settings.stages else {}),
            **module.trained.figures("train_"),
            **(module.measured.figures("val_") if module.measured.samples else {}),
            "lr": float(trainer.optimizers[0].param_groups[0]["lr"]),
            "seconds": round(time.monotonic() - self.started, 2),
            **self.times.figures(),
        }

    def leave_if_asked(self) -> None:
        if self.asked is not None:
            raise Interrupted(self.asked)

    # -- checkpoints

    def save(self, trainer: Trainer, module: LightningModule) -> None:
        """Writes all that the run needs to go on from here as if it had not stopped."""
        assert isinstance(module, SpecModule)
        self.refuse_unfit(module)
        optimizer, schedule = module.optimizers(use_pl_optimizer=False), module.lr_schedulers()
        training: TrainingState = {
            "optimizer": optimizer.state_dict(),  # type: ignore[union-attr]
            "schedule": schedule.state_dict(),  # type: ignore[union-attr]
            "precision": trainer.precision_plugin.state_dict(),
            "random": random_states(),
            "sums": module.trained.state(),
            "position": self.position.state(),
        }
        write_checkpoint(self.folder / LAST, Checkpoint(self.record, module.compiled.state_dict(), training))
        self.saved = time.monotonic()

    def refuse_unfit(self, module: SpecModule) -> None:
        """Raises UserError where a checkpoint would replace good weights by NaN, or its folder is gone."""
        refuse_gone(self.folder)
        wrong = holding_nan(module.compiled.state_dict())
        if wrong:
            raise ExplodedError(f"the weights {first_of(wrong)} became NaN in epoch {self.position.epoch}")

    def keep(self, module: SpecModule) -> None:
        """Writes the checkpoints of the row that was just made: the best one's, and those that stay."""
        history, keep = self.position.history, self.settings.keep
        weights = module.compiled.state_dict()
        if self.position.best(self.settings) == len(history):
            record: RunRecord = {**self.record, "best": best_of(self.row, keep)}
            write_checkpoint(self.folder / BEST, Checkpoint(record, weights))
        if keep is not None:
            write_kept(self.folder, keep, history, Checkpoint(self.record, weights))

    def ask(self, number: int, frame: FrameType | None) -> None:
        """The first Ctrl-C lets the batch end, to save there; the second leaves at once."""
        if self.asked is not None:
            raise Interrupted(number)
        self.asked = number
