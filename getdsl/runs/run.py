"""A spec with its data on a machine: what training and measuring have in common."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from getdsl.compiler.lower import build
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.lower.planned import build_planned
from getdsl.compiler.refusals import refuse_untrusted
from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource
from getdsl.diagnostics import UserError
from getdsl.runs.baseline import NAME, measure_baseline, refuse_unfit_baseline
from getdsl.runs.bookkeeping import Bookkeeping
from getdsl.runs.checkpoint import LAST, Checkpoint
from getdsl.runs.data_module import SPLITS, SpecData, open_source
from getdsl.runs.lightning_module import SpecModule
from getdsl.runs.position import Position
from getdsl.runs.progress import ProgressLines
from getdsl.runs.quiet import trainer
from getdsl.runs.report import Report
from getdsl.runs.restore import adapt_and_fill
from getdsl.runs.signals import Interrupted, on_signals
from getdsl.runs.trainable import refuse_untrainable, trainable_line
from getdsl.trust import NOBODY, Trust


@dataclass(frozen=True)
class Options:
    """How a run is carried out, beside what its spec says."""

    resume: bool = False
    overwrite: bool = False
    trust: Trust = NOBODY
    fuse: bool = True
    offline: bool = False
    adapter: Path | None = None  # to measure with, over the checkpoint's weights
    threads: int | None = None
    device: str = "auto"
    checkpoint_minutes: float | None = None
    quiet: bool = False
    bar: bool = True


class Run:
    """A spec with its data, ready to train or to measure."""

    def __init__(self, spec: Spec, options: Options, *, fresh: bool = False) -> None:
        """`fresh`: what the spec loads, adapts and freezes is carried out; else a checkpoint fills the model.

        Raises UserError and SpecError.
        """
        refuse_untrusted(spec, options.trust)
        if not spec.stages.terms:
            raise UserError(
                f"{spec.path or 'the spec'} has no loss", "add `loss { name = MSE(output, batch.key) }`"
            )
        self.spec = spec
        self.options = options
        self.settings = spec.train
        self.position = Position()
        self.accelerator = accelerator_of(options.device, self.settings.precision)
        self.source: DataSource = open_source(spec)
        refuse_unfit_baseline(spec, self.settings, self.source)
        self.data = SpecData(spec, self.settings, self.source, self.position)
        planned = partial(
            build_planned, offline=options.offline, progress=not options.quiet, trust=options.trust
        )
        make = planned if fresh else build
        self.compiled: Compiled = make(spec, self.settings.seed, fuse=options.fuse)
        if fresh:
            refuse_untrainable(self.compiled)

    def trainer(self, **settings: Any) -> Any:
        return trainer(accelerator=self.accelerator, precision=self.settings.precision, **settings)

    # -- training

    def fit(self, folder: Path, record: dict[str, Any], checkpoint: Checkpoint | None, console: Any) -> None:
        """Trains from where `checkpoint` stands, or from the start."""
        if checkpoint is not None:
            adapt_and_fill(self.compiled, checkpoint, folder / LAST)
            self.position.__dict__.update(Position.of(checkpoint.training["position"]).__dict__)
        if self.position.finished(self.settings):
            return
        settings, batches = self.settings, self.data.batches_per_epoch
        per_epoch = -(-batches // settings.accumulate)
        module = SpecModule(
            self.compiled, self.data.turn, self.position, (per_epoch * settings.epochs, per_epoch)
        )
        training = checkpoint.training if checkpoint is not None else None
        book = Bookkeeping(
            folder, settings, self.position, record, batches, training, self.options.checkpoint_minutes
        )
        callbacks: list[Any] = [book]
        if not self.options.quiet:
            line = trainable_line(self.compiled, resumed=checkpoint is not None)
            console.print(line, highlight=False)
            callbacks.append(ProgressLines(console, book, bar=self.options.bar))
        fitter = self.trainer(
            callbacks=callbacks,
            max_epochs=settings.epochs - self.position.epoch,
            accumulate_grad_batches=settings.accumulate,
            gradient_clip_val=settings.gradient_clip,
            limit_val_batches=1.0 if len(self.data.splits.validation) else 0,
            reload_dataloaders_every_n_epochs=1,
            default_root_dir=folder,
        )
        try:
            with on_signals(book.ask):
                fitter.fit(module, datamodule=self.data)
        except SystemExit as error:  # Lightning leaves so after a SIGTERM between accumulated batches
            raise Interrupted(book.asked or signal.SIGTERM) from error

    # -- measuring

    def default_split(self) -> str:
        """The test set, or what there is of the others."""
        return next(name for name in SPLITS if len(getattr(self.data.splits, name)))

    def measure(self, split: str, best: dict[str, Any]) -> Report:
        """The figures of the weights that the model holds, and of the baseline on the test set."""
        indices = getattr(self.data.splits, split)
        if not len(indices):
            section = "hold_out" if split == "test" else split
            raise UserError(
                f"the {split} split is empty",
                f"`data` sets no chromosomes aside for it: add `{section} = {{ chromosomes = […] }}`",
            )
        module = SpecModule(self.compiled, self.data.turn)
        tester = self.trainer(default_root_dir=Path.cwd())
        with on_signals():
            tester.test(module, dataloaders=self.data.loader_of(split), verbose=False)
        pairs = module.measured.pairs()
        baseline = (
            measure_baseline(self.spec, self.settings, self.source, self.data.splits, pairs)
            if split == "test"
            else {}
        )
        chromosomes = list(dict.fromkeys(self.source.chromosomes[indices].tolist()))
        return Report(
            split, len(indices), chromosomes, module.measured.figures(""), baseline, NAME, best, pairs
        )

    def table(self, split: str) -> dict[str, Any]:
        indices = getattr(self.data.splits, split)
        return {name: column[indices] for name, column in self.source.table.items()}


@contextmanager
def using_threads(number: int | None) -> Iterator[None]:
    """Computes with so many threads, at most one a core; None: as many as torch takes."""
    before = torch.get_num_threads()
    if number is not None:
        torch.set_num_threads(min(number, os.cpu_count() or number))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def accelerator_of(device: str, precision: str) -> str:
    if device == "gpu" and not torch.cuda.is_available():
        raise UserError("there is no GPU that torch can use", "leave `--device` away")
    chosen = ("gpu" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    if precision == "16-mixed" and chosen == "cpu":
        raise UserError('`precision = "16-mixed"` needs a GPU', 'use "bf16-mixed" or "32-true"')
    return chosen
