"""How a run shows itself while it goes: a bar on a terminal, a line an epoch everywhere."""

from __future__ import annotations

from lightning.pytorch import Callback, LightningModule, Trainer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from getdsl.runs.bookkeeping import Bookkeeping
from getdsl.runs.lightning_module import SpecModule
from getdsl.runs.report import number


class ProgressLines(Callback):
    """Prints to `console`, the bar only where that is a terminal. Comes after Bookkeeping."""

    def __init__(self, console: Console, book: Bookkeeping, *, bar: bool) -> None:
        self.console = console
        self.book = book
        self.bar: Progress | None = None
        self.wanted = bar and console.is_terminal

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        if self.wanted:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            self.bar = Progress(*columns, console=self.console, transient=True)
            self.bar.start()

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        if self.bar is not None:
            name = f"epoch {self._epoch()}"
            self.task = self.bar.add_task(
                name, total=self.book.batches_per_epoch, completed=self.book.position.batch
            )

    def _epoch(self, done: int = 0) -> str:
        epochs = self.book.settings.epochs
        return f"{self.book.position.epoch + 1 - done:>{len(str(epochs))}}/{epochs}"

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        if self.bar is not None:
            assert isinstance(module, SpecModule)
            loss = module.trained.figures("")["loss"]
            self.bar.update(
                self.task,
                completed=self.book.position.batch,
                description=f"epoch {self._epoch()}  loss {number(loss)}",
            )

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        if self.bar is not None:
            self.bar.remove_task(self.task)
        row = self.book.row
        shown = [
            f"{name} {number(value)}" for name, value in row.items() if name not in ("epoch", "lr", "seconds")
        ]
        kept = "  *" if self.book.position.best(self.book.settings) == self.book.position.epoch else ""
        self.console.print(
            f"epoch {self._epoch(1)}  {'  '.join(shown)}  {row['seconds']:.0f} s{kept}",
            highlight=False,
            soft_wrap=True,
        )

    def on_exception(self, trainer: Trainer, module: LightningModule, exception: BaseException) -> None:
        self._close()

    def on_train_end(self, trainer: Trainer, module: LightningModule) -> None:
        self._close()

    def _close(self) -> None:
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
