"""Training itself: from where a run stands to the end of its last stage."""

from __future__ import annotations

import signal
from pathlib import Path

from lightning.pytorch import Callback

from getdsl.compiler.sections.train_stages import Stage
from getdsl.runs.bookkeeping import Bookkeeping
from getdsl.runs.data_module import SpecData
from getdsl.runs.explosion import ExplodedError
from getdsl.runs.fitting.live_table import LiveTable
from getdsl.runs.fitting.rounds import Rounds
from getdsl.runs.fitting.stage_weights import only_its_weights
from getdsl.runs.lightning_module import SpecModule
from getdsl.runs.machine import accelerator_of
from getdsl.runs.outcome.log import LoggedConsole
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
    session: Session, folder: Path, record: RunRecord, training: TrainingState | None, console: LoggedConsole
) -> Position:
    """Trains from where `training` stands, or from the start, stage by stage; how far that came."""
    position = Position.of(training["position"]) if training is not None else Position()
    stages = session.spec.training.stages
    data = data_of(session, position)
    while position.stage < len(stages):
        stage = stages[position.stage]
        data.rounds = Rounds.of(stage, session.settings, data.batches_per_epoch)
        if not position.stage_finished(data.rounds, session.settings):
            book = Bookkeeping(
                folder,
                session.settings,
                position,
                record,
                data.rounds,
                training,
                session.options.checkpoint_minutes,
            )
            with only_its_weights(session.compiled, stage):
                _fit_stage(session, stage, data, book, console)
        position.next_stage()
        training = None
    return position


def _fit_stage(
    session: Session, stage: Stage, data: SpecData, book: Bookkeeping, console: LoggedConsole
) -> None:
    rounds = data.rounds
    steps = (rounds.steps, rounds.steps_per_epoch)
    module = SpecModule(session.compiled, data.turn, book.position, steps, stage)
    callbacks: list[Callback] = [book, book.times]
    if not session.options.quiet:
        resumed = book.training is not None
        console.print(trainable_line(session.compiled, stage.name, resumed=resumed), highlight=False)
        accelerator = accelerator_of(session.options.device, session.settings.precision)
        slow = slow_precision(session.settings.precision, accelerator)
        if slow is not None:
            console.print(slow, highlight=False)
        live = session.options.bar and console.is_terminal
        callbacks += [LiveTable(console, book, stage)] if live else []
        callbacks.append(ProgressLines(console.kept if live else console, book, stage))
    _run(session, module, data, book, callbacks)


def _run(
    session: Session, module: SpecModule, data: SpecData, book: Bookkeeping, callbacks: list[Callback]
) -> None:
    settings = session.settings
    fitter = trainer_of(
        session,
        callbacks=callbacks,
        max_epochs=-1,  # until the bookkeeping says that it is enough
        accumulate_grad_batches=settings.accumulate,
        gradient_clip_val=settings.gradient_clip,
        limit_val_batches=1.0 if len(session.splits.validation) else 0,
        reload_dataloaders_every_n_epochs=1,
        default_root_dir=book.folder,
    )
    try:
        with on_signals(book.ask):
            fitter.fit(module, datamodule=data)
    except ExplodedError as error:
        raise error.with_kept(book.folder) from error
    except SystemExit as error:  # Lightning leaves so after a SIGTERM between accumulated batches
        raise Interrupted(book.asked or signal.SIGTERM) from error
