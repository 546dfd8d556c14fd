"""`getdsl train --profile`: where the time of the steps goes, and which operations take it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

PARTS = ("data wait", "forward", "backward", "optimizer")
FIRST, LAST = 3, 12  # the steps whose operations are recorded; those before warm up
SHOWN = 15  # operations


class Profile(Callback):
    """Times the parts of every step, and records the operations of a few. Comes before all callbacks."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self.steps = 0
        self.recorder: Any = None
        os.environ.setdefault("KINETO_LOG_LEVEL", "5")  # it would note its beginning and end on stderr
        self.recorded = 0
        self._since = time.perf_counter()

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        self._since = time.perf_counter()

    def on_train_batch_start(
        self, trainer: Trainer, module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        self._lap("data wait")
        self.steps += 1
        if self.steps == FIRST:
            cuda = [ProfilerActivity.CUDA] if torch.cuda.is_available() else []
            self.recorder = profile(activities=[ProfilerActivity.CPU, *cuda])
            self.recorder.start()
            self._since = time.perf_counter()

    def on_before_backward(self, trainer: Trainer, module: LightningModule, loss: Tensor) -> None:
        self._lap("forward")

    def on_after_backward(self, trainer: Trainer, module: LightningModule) -> None:
        self._lap("backward")

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self._lap("optimizer")
        if self.recorder is not None and self.recorded == 0 and self.steps >= LAST:
            self._stop()
        self._since = time.perf_counter()

    def on_train_end(self, trainer: Trainer, module: LightningModule) -> None:
        self._stop()

    def on_exception(self, trainer: Trainer, module: LightningModule, exception: BaseException) -> None:
        self._stop()

    def _stop(self) -> None:
        if self.recorder is not None and self.recorded == 0:
            self.recorder.stop()
            self.recorded = self.steps - FIRST + 1

    def _lap(self, part: str) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        before, self._since = self._since, time.perf_counter()
        self.seconds[part] += self._since - before

    def text(self) -> str:
        """Two tables: the parts of a step, and the operations that take the most time."""
        total = sum(self.seconds.values()) or 1.0
        each = 1000 / max(1, self.steps)
        lines = [f"{self.steps:,} steps, {total * each:.1f} ms each", ""]
        rows = [
            (part, f"{took * each:.2f}", f"{100 * took / total:.1f} %") for part, took in self.seconds.items()
        ]
        lines += _table(("part of a step", "ms", "share"), rows)
        if self.recorded:
            lines += ["", f"operations in {self.recorded} of the steps, by their own time", ""]
            lines += _table(("operation", "calls", "ms", "share"), self._operations())
        return "\n".join(lines) + "\n"

    def _operations(self) -> list[tuple[str, ...]]:
        found = [(item.key, item.count, _own_time(item)) for item in self.recorder.key_averages()]
        total = sum(took for _, _, took in found) or 1.0
        top = sorted(found, key=lambda item: -item[2])[:SHOWN]
        return [
            (
                name[:60],
                f"{calls / self.recorded:.1f}",
                f"{took / 1000 / self.recorded:.2f}",
                f"{100 * took / total:.1f} %",
            )
            for name, calls, took in top
        ]


def _own_time(item: Any) -> float:
    """Microseconds, on the GPU where there is one."""
    return (
        float(item.self_device_time_total or 0)
        if torch.cuda.is_available()
        else float(item.self_cpu_time_total)
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    rows = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells])
