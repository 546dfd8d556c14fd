"""Where the time of a round's steps goes: to waiting for data, and to computing."""

from __future__ import annotations

import time
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from getdsl.runs.opened.strands import Batch
from getdsl.runs.ranks.sharing import Process
from getdsl.runs.run_folder.records import Row


class StepTimes(Callback):
    """Measures the round under way. Comes after what may save a checkpoint between two batches."""

    def __init__(self) -> None:
        self.waited = self.computed = 0.0  # seconds
        self.samples = 0
        self._since = time.perf_counter()

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        self.waited = self.computed = 0.0
        self.samples = 0
        self._since = time.perf_counter()

    def on_train_batch_start(
        self, trainer: Trainer, module: LightningModule, batch: Batch, batch_idx: int
    ) -> None:
        self.waited += self._lap()

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        self.computed += self._lap()
        self.samples += next(iter(batch.values())).shape[0] * Process.current().world

    def leave_out(self) -> None:
        """What was done since the last batch, such as saving, is no part of the steps."""
        self._lap()

    def _lap(self) -> float:
        before, self._since = self._since, time.perf_counter()
        return self._since - before

    def figures(self) -> Row:
        """The columns of the history: samples a second, and the share of the time that waited for data."""
        seconds = max(self.waited + self.computed, 1e-9)
        return {
            "samples_per_second": round(self.samples / seconds, 1),
            "data_wait": round(self.waited / seconds, 4),
        }
