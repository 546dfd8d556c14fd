"""How a run shows itself while it goes: a line for each row of the history."""

from __future__ import annotations

from lightning.pytorch import Callback, LightningModule, Trainer
from rich.console import Console

from getdsl.compiler.sections.train_stages import Stage
from getdsl.runs.evaluation.report import number
from getdsl.runs.fitting.bookkeeping import Bookkeeping
from getdsl.runs.run_folder.records import Row

PLACE = ("epoch", "step", "stage")
PACE = ("lr", "seconds", "samples_per_second", "data_wait")


class ProgressLines(Callback):
    """Prints to `console` where it is no terminal, or no table is wanted. Comes after Bookkeeping."""

    def __init__(self, console: Console, book: Bookkeeping, stage: Stage) -> None:
        self.console = console
        self.book = book
        self.stage = stage

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        row = self.book.row
        shown = [f"{name} {number(value)}" for name, value in figures_of(row).items()]
        self.console.print(
            "  ".join(
                [
                    place_of(self.book, self.stage),
                    *shown,
                    *pace_of(row),
                    *(["*"] if is_kept(self.book) else []),
                ]
            ),
            highlight=False,
            soft_wrap=True,
        )


def figures_of(row: Row) -> Row:
    """The losses and metrics of a row."""
    return {name: value for name, value in row.items() if name not in (*PLACE, *PACE)}


def pace_of(row: Row) -> tuple[str, str, str]:
    """How fast it went: samples a second, the share that waited for data, and the time of the whole round."""
    rate, wait = row["samples_per_second"], row["data_wait"]
    return f"{rate:,.0f} samples/s", f"data wait {100 * wait:.0f} %", f"{row['seconds']:.0f} s"


def place_of(book: Bookkeeping, stage: Stage) -> str:
    """How far a stage is: `epoch 3/10`, `step 300/1000`, `head: epoch 1/2`."""
    done = book.position.stage_batch
    if stage.steps is not None:
        place = f"step {book.rounds.steps_in(done):>{len(str(stage.steps))}}/{stage.steps}"
    else:
        place = f"epoch {done / book.rounds.epoch:>{len(str(stage.epochs))}.4g}/{stage.epochs}"
    return f"{stage.name}: {place}" if stage.name else place


def is_kept(book: Bookkeeping) -> bool:
    """Whether the weights of the last row are the best so far."""
    return book.position.best(book.settings) == len(book.position.history)
