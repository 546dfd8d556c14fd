"""How far a run has come."""

from __future__ import annotations

from dataclasses import dataclass, field

from getdsl.compiler.sections.train import Monitor, TrainSettings
from getdsl.runs.records import PositionState, Row


@dataclass
class Position:
    """Epochs done, batches done of the one after them and of all, and the figures of each epoch done."""

    epoch: int = 0
    batch: int = 0
    step: int = 0
    history: list[Row] = field(default_factory=list)

    def state(self) -> PositionState:
        history = [dict(row) for row in self.history]
        return {"epoch": self.epoch, "batch": self.batch, "step": self.step, "history": history}

    @staticmethod
    def of(state: PositionState) -> Position:
        return Position(
            state["epoch"], state["batch"], state["step"], [dict(row) for row in state["history"]]
        )

    def best(self, settings: TrainSettings) -> int:
        """The epoch, from 1, whose weights are kept; 0 before the first one is done."""
        if settings.keep is None or not self.history:
            return len(self.history)
        return self._best_row(settings.keep) + 1

    def _best_row(self, monitor: Monitor) -> int:
        best = 0
        for number, row in enumerate(self.history):
            best = (
                number if monitor.better(row[monitor.monitor], self.history[best][monitor.monitor]) else best
            )
        return best

    def finished(self, settings: TrainSettings) -> bool:
        """Whether all epochs are done, or `early_stop` says that it is enough."""
        if self.epoch >= settings.epochs:
            return True
        stop = settings.early_stop
        if stop is None or not self.history:
            return False
        return len(self.history) - 1 - self._best_row(stop) >= stop.patience
