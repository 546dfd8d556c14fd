"""After each epoch: a row of the history, the checkpoints, and whether to go on."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from types import FrameType

from lightning.pytorch import Callback, LightningModule, Trainer

from getdsl.compiler.lower.finite import holding_nan
from getdsl.compiler.sections.train import TrainSettings
from getdsl.diagnostics.listing import first_of
from getdsl.runs.checkpoint import (
    BEST,
    LAST,
    Checkpoint,
    write_checkpoint,
)
from getdsl.runs.explosion import ExplodedError
from getdsl.runs.lightning_module import SpecModule
from getdsl.runs.lock import refuse_gone
from getdsl.runs.position import Position
from getdsl.runs.random_states import go_on_from, random_states, seed_all
from getdsl.runs.ranks.agreement import any_says, first_does, first_says, gathered
from getdsl.runs.records import Best, Row, RunRecord, TrainingState
from getdsl.runs.report import write_history
from getdsl.runs.sharing import Process
from getdsl.runs.signals import Interrupted

SECONDS_OF_ONE = 1  # in which several signals are one


class Bookkeeping(Callback):
    """Keeps `position` and the files of a run's folder up to date.

    `training` is the part of a checkpoint that a resumed run starts from. With `minutes` a checkpoint is also
    written in the middle of an epoch, when so much time has passed.
    """

    def __init__(
        self,
        folder: Path,
        settings: TrainSettings,
        position: Position,
        record: RunRecord,
        batches_per_epoch: int,
        training: TrainingState | None = None,
        minutes: float | None = None,
    ) -> None:
        self.folder = folder
        self.settings = settings
        self.position = position
        self.record = record
        self.batches_per_epoch = batches_per_epoch
        self.training = training
        self.seconds_between = None if minutes is None else minutes * 60
        self.asked: int | None = None  # the signal that asked to stop
        self.asked_at = 0.0
        self.row: Row = {}

    # -- the way through an epoch

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
        self.started, rank = time.monotonic(), Process.current().rank
        if self.position.batch and self.training is not None:
            go_on_from(self.training, self.settings.seed, self.position.epoch, rank)
        else:
            seed_all(self.settings.seed, self.position.epoch, rank)

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        self.position.batch += 1
        self.position.step += 1
        if self.position.batch == self.batches_per_epoch or self.position.batch % self.settings.accumulate:
            return  # the end of the epoch comes next, or gradients are under way that no checkpoint holds
        if self.is_asked() or self.is_late():
            self.save(trainer, module)
        self.leave_if_asked()

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        assert isinstance(module, SpecModule)
        rate = float(trainer.optimizers[0].param_groups[0]["lr"])
        row = {
            "epoch": self.position.epoch + 1,
            **module.trained.figures("train_"),
            **(module.measured.figures("val_") if module.measured.samples else {}),
            "lr": rate,
            "seconds": round(time.monotonic() - self.started, 2),
        }
        self.row = first_says(row)
        module.trained = type(module.trained)(module.compiled.spec)
        self.position.history.append(self.row)
        self.position.epoch += 1
        self.position.batch = 0
        self.refuse_unfit(module)
        if self.position.best(self.settings) == self.position.epoch:
            self.save_best(module)
        self.save(trainer, module)
        first_does(lambda: write_history(self.folder, self.position.history))
        trainer.should_stop = self.position.finished(self.settings)
        if not trainer.should_stop and self.is_asked():
            self.leave_if_asked()

    def is_asked(self) -> bool:
        """Whether a signal asked any process to stop."""
        if any_says(self.asked is not None):
            self.asked = self.asked or signal.SIGTERM
        return self.asked is not None

    def is_late(self) -> bool:
        """Whether it is time for another checkpoint, by the clock of any process."""
        if self.seconds_between is None:
            return False
        return any_says(time.monotonic() - self.saved >= self.seconds_between)

    def leave_if_asked(self) -> None:
        if self.asked is not None:
            raise Interrupted(self.asked)

    # -- checkpoints

    def save(self, trainer: Trainer, module: LightningModule) -> None:
        """Writes all that the run needs to go on from here as if it had not stopped."""
        assert isinstance(module, SpecModule)
        self.refuse_unfit(module)
        optimizer, schedule = module.optimizers(use_pl_optimizer=False), module.lr_schedulers()
        first, *others = gathered(random_states())
        training: TrainingState = {
            "optimizer": optimizer.state_dict(),  # type: ignore[union-attr]
            "schedule": schedule.state_dict(),  # type: ignore[union-attr]
            "precision": trainer.precision_plugin.state_dict(),
            "random": first,
            "random_of_others": others,
            "sums": module.trained.state(),
            "position": self.position.state(),
        }
        last = Checkpoint(self.record, module.compiled.state_dict(), training)
        first_does(lambda: write_checkpoint(self.folder / LAST, last))
        self.saved = time.monotonic()

    def refuse_unfit(self, module: SpecModule) -> None:
        """Raises UserError where a checkpoint would replace good weights by NaN, or its folder is gone."""
        first_does(lambda: refuse_gone(self.folder))
        wrong = holding_nan(module.compiled.state_dict())
        if wrong:
            raise ExplodedError(f"the weights {first_of(wrong)} became NaN in epoch {self.position.epoch}")

    def save_best(self, module: SpecModule) -> None:
        keep = self.settings.keep
        best: Best = {"epoch": self.position.epoch}
        if keep is not None:
            best = {**best, "monitor": keep.monitor, "value": self.row[keep.monitor]}
        record: RunRecord = {**self.record, "best": best}
        kept = Checkpoint(record, module.compiled.state_dict())
        first_does(lambda: write_checkpoint(self.folder / BEST, kept))

    def ask(self, number: int, frame: FrameType | None) -> None:
        """The first Ctrl-C lets the batch end, to save there; the second leaves at once.

        A launcher passes on what the terminal has sent to all: what comes so soon is the first again.
        """
        if self.asked is not None and time.monotonic() - self.asked_at > SECONDS_OF_ONE:
            raise Interrupted(number)
        if self.asked is None:
            self.asked, self.asked_at = number, time.monotonic()
