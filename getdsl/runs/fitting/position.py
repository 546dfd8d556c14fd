"""How far a run has come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from getdsl.compiler.sections.monitor import Monitor
from getdsl.compiler.sections.train import TrainSettings
from getdsl.runs.fitting.rounds import Rounds
from getdsl.runs.run_folder.records import PositionState, Row


@dataclass
class Position:
    """Epochs done, batches done of the one after them and of all, stages done and batches done of the one
    after them, and the figures of each round done."""

    epoch: int = 0
    batch: int = 0
    step: int = 0
    stage: int = 0
    stage_batch: int = 0
    history: list[Row] = field(default_factory=list)

    def state(self) -> PositionState:
        history = [dict(row) for row in self.history]
        return {
            "epoch": self.epoch,
            "batch": self.batch,
            "step": self.step,
            "stage": self.stage,
            "stage_batch": self.stage_batch,
            "history": history,
        }

    @staticmethod
    def of(state: PositionState) -> Position:
        return Position(
            state["epoch"],
            state["batch"],
            state["step"],
            state.get("stage", 0),
            state.get("stage_batch", state["step"]),
            [dict(row) for row in state["history"]],
        )

    # -- on

    def advance(self, batches_per_epoch: int) -> None:
        """A batch is done."""
        self.step += 1
        self.stage_batch += 1
        self.batch += 1
        if self.batch == batches_per_epoch:
            self.epoch, self.batch = self.epoch + 1, 0

    def next_stage(self) -> None:
        """A stage is done; the next one begins with an epoch of its own."""
        self.epoch, self.batch = self.epoch + bool(self.batch), 0
        self.stage, self.stage_batch = self.stage + 1, 0

    def round_left(self, rounds: Rounds) -> Iterator[tuple[int, int]]:
        """The batches that are left of the round under way, by epoch and number."""
        first = self.epoch * rounds.epoch + self.batch
        left = rounds.end(self.stage_batch) - self.stage_batch
        return (divmod(number, rounds.epoch) for number in range(first, first + left))

    # -- where it stands

    def epochs(self, batches_per_epoch: int) -> float:
        """Epochs done, with the part of the one under way."""
        return self.epoch + round(self.batch / batches_per_epoch, 4) if self.batch else self.epoch

    def rows(self) -> list[Row]:
        """The history of the stage under way."""
        return [row for row in self.history if row.get("stage", 1) == self.stage + 1]

    @property
    def steps_before(self) -> int:
        """The optimizer's steps in the stages that are done."""
        earlier = [row["step"] for row in self.history if row.get("stage", 1) <= self.stage]
        return int(earlier[-1]) if earlier else 0

    def best(self, settings: TrainSettings) -> int:
        """The row, from 1, whose weights are kept; 0 before the first one is done."""
        keep = settings.keep
        watched = keep.watched if keep is not None and keep.weights == "best" else None
        if watched is None or not self.history:
            return len(self.history)
        return best_row(self.history, watched) + 1

    def stage_finished(self, rounds: Rounds, settings: TrainSettings) -> bool:
        """Whether all of the stage under way is done, or `early_stop` says that it is enough."""
        if self.stage_batch >= rounds.total:
            return True
        stop, rows = settings.early_stop, self.rows()
        if stop is None or not rows or self.stage_batch % rounds.length:
            return False
        return len(rows) - 1 - best_row(rows, stop) >= stop.patience


def best_row(rows: list[Row], monitor: Monitor) -> int:
    """The first of the rows that none improves on."""
    best = 0
    for number, row in enumerate(rows):
        if monitor.better(row[monitor.monitor], rows[best][monitor.monitor]):
            best = number
    return best
