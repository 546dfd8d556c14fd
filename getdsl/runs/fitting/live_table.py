"""The table that a terminal shows while a run goes: a row for each of the history, and one under way."""

from __future__ import annotations

import time
from datetime import timedelta
from itertools import accumulate

from lightning.pytorch import Callback, LightningModule, Trainer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from getdsl.compiler.sections.train_stages import Stage
from getdsl.runs.evaluation.report import number
from getdsl.runs.fitting.bookkeeping import Bookkeeping
from getdsl.runs.fitting.progress import figures_of, is_kept, place_of
from getdsl.runs.run_folder.records import Row
from getdsl.runs.training.lightning_module import SpecModule

GAP = 2  # between two columns
PACED = 58  # characters of the columns beside the figures
AROUND = 5  # lines of the terminal that are not rows: the head, the one under way, and what stood before


class LiveTable(Callback):
    """Shows the last rows that fit the terminal. Comes after Bookkeeping and its StepTimes."""

    def __init__(self, console: Console, book: Bookkeeping, stage: Stage) -> None:
        self.console, self.book, self.stage = console, book, stage
        self.rows: list[tuple[str, Row, bool]] = []
        self.live: Live | None = None

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        self.began, self.from_batch = time.monotonic(), self.book.position.stage_batch
        self.live = Live(console=self.console, auto_refresh=False, transient=False)
        self.live.start()
        self.shown = 0.0

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        if time.monotonic() - self.shown > 0.25:
            assert isinstance(module, SpecModule)
            loss = module.trained.figures("train_")["train_loss"]
            self._show({"train_loss": loss, **self.book.times.figures()})

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        self.rows.append((place_of(self.book, self.stage), self.book.row, is_kept(self.book)))
        self._show(None)

    def _show(self, under_way: Row | None) -> None:
        if self.live is not None:
            self.live.update(self._table(under_way), refresh=True)
            self.shown = time.monotonic()

    def _table(self, under_way: Row | None) -> Table:
        """The rows so far; `under_way` are the figures of the one that is not done."""
        names = self._names()
        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
        table.add_column("", no_wrap=True)
        for name in (*names, "samples/s", "data wait", "time"):
            table.add_column(name, justify="right", no_wrap=True)
        for place, row, kept in self.rows[-max(1, self.console.height - AROUND) :]:
            figures = [number(row[name]) for name in names]
            table.add_row(place, *figures, *_pace(row), f"{row['seconds']:.0f} s" + (" *" if kept else "  "))
        if under_way is not None:
            figures = [number(under_way[name]) if name in under_way else "" for name in names]
            place = place_of(self.book, self.stage)
            table.add_row(place, *figures, *_pace(under_way), f"{self._left()} left", style="dim")
        return table

    def _names(self) -> list[str]:
        """The figures that the terminal is wide enough for, losses first; the others are in history.csv."""
        names = list(figures_of(self.book.row)) or ["train_loss"]
        names.sort(key=lambda name: "loss" not in name)
        widths = accumulate(max(len(name), 7) + GAP for name in names)
        return [
            name for name, width in zip(names, widths, strict=True) if width <= self.console.width - PACED
        ]

    def _left(self) -> timedelta:
        """What the stage will take yet, at its pace since it began here, measuring included."""
        done = self.book.position.stage_batch
        pace = (time.monotonic() - self.began) / max(1, done - self.from_batch)
        return timedelta(seconds=round(pace * (self.book.rounds.total - done)))

    def on_exception(self, trainer: Trainer, module: LightningModule, exception: BaseException) -> None:
        self._close()

    def on_train_end(self, trainer: Trainer, module: LightningModule) -> None:
        self._close()

    def _close(self) -> None:
        if self.live is not None:
            self.live.stop()
            self.live = None


def _pace(row: Row) -> tuple[str, str]:
    return f"{row['samples_per_second']:,.0f}", f"{100 * row['data_wait']:.0f} %"
