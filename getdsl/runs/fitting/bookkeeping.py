"""After each round: a row of the history, the checkpoints, and whether to go on."""

from __future__ import annotations

import signal
import time
from contextlib import nullcontext
from pathlib import Path
from types import FrameType

from lightning.pytorch import Callback, LightningModule, Trainer

from getdsl.compiler.lower.finite import holding_nan
from getdsl.compiler.sections.train import TrainSettings
from getdsl.diagnostics.listing import first_of
from getdsl.runs.evaluation.report import write_history
from getdsl.runs.fitting.average import Average
from getdsl.runs.fitting.explosion import ExplodedError
from getdsl.runs.fitting.kept import best_of, write_kept
from getdsl.runs.fitting.position import Position
from getdsl.runs.fitting.rounds import Rounds
from getdsl.runs.fitting.step_times import StepTimes
from getdsl.runs.process.random_states import go_on_from, random_states, seed_all
from getdsl.runs.process.signals import Interrupted
from getdsl.runs.ranks.agreement import any_says, first_does, first_says, gathered
from getdsl.runs.ranks.sharded import whole
from getdsl.runs.ranks.sharing import Process
from getdsl.runs.run_folder.checkpoint import BEST, LAST, Checkpoint, write_checkpoint
from getdsl.runs.run_folder.lock import refuse_gone
from getdsl.runs.run_folder.records import Row, RunRecord, TrainingState
from getdsl.runs.training.lightning_module import SpecModule

SECONDS_OF_ONE = 1  # in which several signals are one


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
        self.asked_at = 0.0
        self.row: Row = {}
        self.average: Average | None = None  # of the weights, where the spec asks for one
        self.times = StepTimes()

    # -- the way through a round

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        assert isinstance(module, SpecModule)
        self.started = self.saved = time.monotonic()
        if self.settings.ema is not None:
            self.average = Average(module.model, self.settings.ema)
        if self.training is None:
            return
        module.restore_steps(self.training)
        trainer.precision_plugin.load_state_dict(self.training["precision"])
        module.trained.restore(self.training["sums"])
        if self.average is not None and "average" in self.training:
            self.average.restore(self.training["average"])

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        self.started, rank = time.monotonic(), Process.current().rank
        rounds_done = len(self.position.history)
        if self.position.stage_batch % self.rounds.length and self.training is not None:
            go_on_from(self.training, self.settings.seed, rounds_done, rank)
        else:
            seed_all(self.settings.seed, rounds_done, rank)

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        end = self.rounds.end(self.position.stage_batch)
        self.position.advance(self.rounds.epoch)
        done = self.position.stage_batch
        if self.average is not None and (done == end or self.rounds.at_step(done)):
            self.average.update()
        if done == end or not self.rounds.at_step(done):
            return  # the end of the round comes next, or gradients are under way that no checkpoint holds
        if self.is_asked() or self.is_late():
            self.save(trainer, module)
            self.times.leave_out()
        self.leave_if_asked()

    def on_validation_start(self, trainer: Trainer, module: LightningModule) -> None:
        if self.average is not None:
            self.average.swap()

    def on_validation_end(self, trainer: Trainer, module: LightningModule) -> None:
        if self.average is not None:
            self.average.swap()

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        assert isinstance(module, SpecModule)
        self.row = first_says(self._row(module))
        module.trained = type(module.trained)(module.compiled.spec)
        self.position.history.append(self.row)
        module.set_rates()
        self.refuse_unfit(module)
        with self.average.applied() if self.average is not None else nullcontext():
            self.keep(module)
        self.save(trainer, module)
        first_does(lambda: write_history(self.folder, self.position.history))
        trainer.should_stop = self.position.stage_finished(self.rounds, self.settings)
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

    def _row(self, module: SpecModule) -> Row:
        """The columns of history.csv, as docs/training.md lists them."""
        position = self.position
        return {
            "epoch": position.epochs(self.rounds.epoch),
            "step": position.steps_before + self.rounds.steps_in(position.stage_batch),
            **({"stage": position.stage + 1} if self.settings.stages else {}),
            **module.trained.figures("train_"),
            **(module.measured.figures("val_") if module.measured.samples else {}),
            **module.rates(),
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
        (first, *others), steps = gathered(random_states()), module.steps_state()
        training: TrainingState = {
            "optimizer": steps["optimizer"],
            "schedule": steps["schedule"],
            "precision": trainer.precision_plugin.state_dict(),
            "random": first,
            "random_of_others": others,
            "sums": module.trained.state(),
            "position": self.position.state(),
        }
        if "parts" in steps:
            training["parts"] = steps["parts"]
        if self.average is not None:
            training["average"] = self.average.state()
        last = Checkpoint(self.record, whole(module.compiled.state_dict()), training)
        first_does(lambda: write_checkpoint(self.folder / LAST, last))
        self.saved = time.monotonic()

    def refuse_unfit(self, module: SpecModule) -> None:
        """Raises UserError where a checkpoint would replace good weights by NaN, or its folder is gone."""
        first_does(lambda: refuse_gone(self.folder))
        wrong = holding_nan(whole(module.compiled.state_dict()))
        if wrong:
            raise ExplodedError(f"the weights {first_of(wrong)} became NaN in epoch {self.position.epoch}")

    def keep(self, module: SpecModule) -> None:
        """Writes the checkpoints of the row that was just made: the best one's, and those that stay."""
        history, keep = self.position.history, self.settings.keep
        kept = Checkpoint(self.record, whole(module.compiled.state_dict()))
        if self.position.best(self.settings) == len(history):
            record: RunRecord = {**self.record, "best": best_of(self.row, keep)}
            best = Checkpoint(record, kept.weights)
            first_does(lambda: write_checkpoint(self.folder / BEST, best))
        if keep is not None:
            first_does(lambda: write_kept(self.folder, keep, history, kept))

    def ask(self, number: int, frame: FrameType | None) -> None:
        """The first Ctrl-C lets the batch end, to save there; the second leaves at once.

        A launcher passes on what the terminal has sent to all: what comes so soon is the first again.
        """
        if self.asked is not None and time.monotonic() - self.asked_at > SECONDS_OF_ONE:
            raise Interrupted(number)
        if self.asked is None:
            self.asked, self.asked_at = number, time.monotonic()
