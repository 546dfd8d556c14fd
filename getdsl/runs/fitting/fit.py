"""Training itself: from where a run stands to the end of its last stage."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path

from lightning.pytorch import Callback

from getdsl.compiler.sections.train_stages import Stage
from getdsl.runs.evaluation.report import write_text
from getdsl.runs.fitting.bookkeeping import Bookkeeping
from getdsl.runs.fitting.checkpointed import checkpointed
from getdsl.runs.fitting.compiled_model import CompiledModel
from getdsl.runs.fitting.explosion import ExplodedError
from getdsl.runs.fitting.live_table import LiveTable
from getdsl.runs.fitting.position import Position
from getdsl.runs.fitting.profile import Profile
from getdsl.runs.fitting.progress import ProgressLines
from getdsl.runs.fitting.rounds import Rounds
from getdsl.runs.fitting.stage_weights import only_its_weights
from getdsl.runs.fitting.trackers import Trackers, tracked
from getdsl.runs.loading.data_module import SpecData
from getdsl.runs.opened.samples import names_of
from getdsl.runs.opened.session import Session
from getdsl.runs.outcome.files import PROFILE
from getdsl.runs.outcome.log import LoggedConsole
from getdsl.runs.process.machine import accelerator_of, repeating_bits
from getdsl.runs.process.signals import Interrupted, on_signals
from getdsl.runs.process.slow_precision import slow_precision
from getdsl.runs.ranks.sharing import Process
from getdsl.runs.run_folder.records import RunRecord, TrainingState
from getdsl.runs.training.lightning_module import SpecModule
from getdsl.runs.training.readiness import data_of
from getdsl.runs.training.several import SeveralModule
from getdsl.runs.training.trainable import trainable_line
from getdsl.runs.training.trainer import trainer_of


def fit(
    session: Session, folder: Path, record: RunRecord, training: TrainingState | None, console: LoggedConsole
) -> Position:
    """Trains from where `training` stands, or from the start, stage by stage; how far that came."""
    position = Position.of(training["position"]) if training is not None else Position()
    settings = session.settings
    stages = session.spec.training.stages
    data = data_of(session, position)
    loggers = settings.loggers if Process.current().first else ()
    with repeating_bits(settings.deterministic), tracked(loggers, folder, position, console.tell) as trackers:
        fitting = Fitting(session, folder, record, data, trackers, console)
        while position.stage < len(stages):
            stage = stages[position.stage]
            data.rounds = Rounds.of(stage, settings, data.batches_per_epoch)
            if not position.stage_finished(data.rounds, settings):
                parts = checkpointed(session.compiled.module, settings.checkpoint_activations)
                with only_its_weights(session.compiled, stage), parts:
                    fitting.train(stage, training)
            position.next_stage()
            training = None
    return position


@dataclass(frozen=True)
class Fitting:
    """What all stages of a training share."""

    session: Session
    folder: Path
    record: RunRecord
    data: SpecData
    trackers: Trackers
    console: LoggedConsole

    def train(self, stage: Stage, training: TrainingState | None) -> None:
        """Trains one stage to its end. Raises UserError, and Interrupted."""
        rounds, settings, options = self.data.rounds, self.session.settings, self.session.options
        steps = (rounds.steps, rounds.steps_per_epoch)
        kind = SeveralModule if self.session.spec.training.parts else SpecModule
        module = kind(self.session.compiled, self.data.turn, self.data.position, steps, stage)
        if settings.compile and self.session.spec.stages.read_inputs:
            self.console.tell("`compile = true` goes without: a loss that takes gradients needs them twice")
        elif settings.compile:
            module.call = CompiledModel(module.model, self.console.tell)
        book = Bookkeeping(
            self.folder,
            settings,
            self.data.position,
            self.record,
            rounds,
            training,
            options.checkpoint_minutes,
        )
        profile = Profile() if options.profile else None
        callbacks: list[Callback] = [book, book.times, self.trackers]
        callbacks = callbacks if profile is None else [profile, *callbacks]
        if not options.quiet:
            self._tell_first(stage, resumed=training is not None)
            callbacks += self._shown(book, stage)
        self._run(module, book, callbacks)
        if profile is not None:
            self._show_profile(profile)

    def _tell_first(self, stage: Stage, *, resumed: bool) -> None:
        session = self.session
        self.console.print(trainable_line(session.compiled, stage.name, resumed=resumed), highlight=False)
        accelerator = accelerator_of(session.options.device, session.settings.precision)
        slow = slow_precision(session.settings.precision, accelerator)
        if slow is not None:
            self.console.print(slow, highlight=False)

    def _shown(self, book: Bookkeeping, stage: Stage) -> list[Callback]:
        """A table on a terminal, and lines where there is none, and in the log."""
        if self.session.options.bar and self.console.is_terminal:
            return [LiveTable(self.console, book, stage), ProgressLines(self.console.kept, book, stage)]
        return [ProgressLines(self.console, book, stage)]

    def _show_profile(self, profile: Profile) -> None:
        text = profile.text()
        write_text(self.folder / PROFILE, text)
        if not self.session.options.quiet:
            self.console.tell(f"\n{text}")

    def _run(self, module: SpecModule, book: Bookkeeping, callbacks: list[Callback]) -> None:
        settings = self.session.settings
        fitter = trainer_of(
            self.session,
            callbacks=callbacks,
            max_epochs=-1,  # until the bookkeeping says that it is enough
            accumulate_grad_batches=settings.accumulate,
            gradient_clip_val=settings.gradient_clip if module.automatic_optimization else None,
            limit_val_batches=1.0 if len(self.session.splits.validation) else 0,
            reload_dataloaders_every_n_epochs=1,
            default_root_dir=book.folder,
        )
        try:
            with on_signals(book.ask):
                fitter.fit(module, datamodule=self.data)
        except ExplodedError as error:
            names = names_of(self.session.source, self.data.under_way())
            raise error.with_samples(names).with_kept(book.folder) from error
        except SystemExit as error:  # Lightning leaves so after a SIGTERM between accumulated batches
            raise Interrupted(book.asked or signal.SIGTERM) from error
