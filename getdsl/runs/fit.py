"""Training itself: from where a run stands to its last epoch."""

from __future__ import annotations

import signal
from pathlib import Path

from lightning.pytorch import Callback
from rich.console import Console

from getdsl.runs.bookkeeping import Bookkeeping
from getdsl.runs.data_module import SpecData
from getdsl.runs.lightning_module import SpecModule
from getdsl.runs.machine import accelerator_of
from getdsl.runs.position import Position
from getdsl.runs.progress import ProgressLines
from getdsl.runs.readiness import data_of
from getdsl.runs.records import RunRecord, TrainingState
from getdsl.runs.session import Session
from getdsl.runs.signals import Interrupted, on_signals
from getdsl.runs.slow_precision import slow_precision
from getdsl.runs.trainable import trainable_line
from getdsl.runs.trainer import trainer_of


def fit(
    session: Session, folder: Path, record: RunRecord, training: TrainingState | None, console: Console
) -> Position:
    """Trains from where `training` stands, or from the start; how far that came."""
    position = Position.of(training["position"]) if training is not None else Position()
    settings = session.settings
    if position.finished(settings):
        return position
    data = data_of(session, position)
    per_epoch = -(-data.batches_per_epoch // settings.accumulate)
    steps = (per_epoch * settings.epochs, per_epoch)
    module = SpecModule(session.compiled, data.turn, position, steps)
    minutes = session.options.checkpoint_minutes
    book = Bookkeeping(folder, settings, position, record, data.batches_per_epoch, training, minutes)
    callbacks: list[Callback] = [book]
    if not session.options.quiet:
        console.print(trainable_line(session.compiled, resumed=training is not None), highlight=False)
        accelerator = accelerator_of(session.options.device, settings.precision)
        slow = slow_precision(settings.precision, accelerator)
        if slow is not None:
            console.print(slow, highlight=False)
        callbacks.append(ProgressLines(console, book, bar=session.options.bar))
    _run(session, module, data, book, callbacks)
    return position


def _run(
    session: Session, module: SpecModule, data: SpecData, book: Bookkeeping, callbacks: list[Callback]
) -> None:
    settings = session.settings
    fitter = trainer_of(
        session,
        callbacks=callbacks,
        max_epochs=settings.epochs - book.position.epoch,
        accumulate_grad_batches=settings.accumulate,
        gradient_clip_val=settings.gradient_clip,
        limit_val_batches=1.0 if len(session.splits.validation) else 0,
        reload_dataloaders_every_n_epochs=1,
        default_root_dir=book.folder,
    )
    try:
        with on_signals(book.ask):
            fitter.fit(module, datamodule=data)
    except SystemExit as error:  # Lightning leaves so after a SIGTERM between accumulated batches
        raise Interrupted(book.asked or signal.SIGTERM) from error
