"""A run from its spec to its report: train, and evaluate what was trained."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import torch

from getdsl.compiler.lower import build
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.overrides import Overrides
from getdsl.compiler.refusals import refuse_unbuilt, refuse_untrusted
from getdsl.compiler.spec import Checked, Spec
from getdsl.data.data_source import DataSource
from getdsl.data.embedded import resolve
from getdsl.diagnostics import UserError
from getdsl.training.baseline import NAME, measure_baseline, refuse_unfit_baseline
from getdsl.training.bookkeeping import Bookkeeping
from getdsl.training.checkpoint import BEST, LAST, Checkpoint, read_checkpoint, saving
from getdsl.training.data_module import SPLITS, SpecData, chosen, open_source
from getdsl.training.lightning_module import SpecModule
from getdsl.training.position import Position
from getdsl.training.progress import ProgressLines
from getdsl.training.provenance import differences, restore_spec, sha256_of, identity, spec_record, versions
from getdsl.training.quiet import quiet_lightning, trainer
from getdsl.training.report import Report, write_history, write_metrics, write_predictions
from getdsl.training.settings import TrainSettings, read_train
from getdsl.writing import whole_file

FILES = (LAST, BEST, "weights.safetensors", "metrics.json", "predictions.tsv", "history.csv", "learning_curve.png", "predicted_vs_measured.png")


@dataclass(frozen=True)
class Options:
    """How a run is carried out, beside what its spec says."""

    resume: bool = False
    overwrite: bool = False
    trust: bool = False
    threads: int | None = None
    device: str = "auto"
    checkpoint_minutes: float | None = None
    quiet: bool = False
    bar: bool = True


class Run:
    """A spec with its data, ready to train or to measure."""

    def __init__(self, spec: Spec, options: Options) -> None:
        refuse_unbuilt(spec)
        refuse_untrusted(spec, options.trust)
        if not spec.stages.terms:
            raise UserError(f"{spec.path or 'the spec'} has no loss", "add `loss { name = MSE(output, batch.key) }`")
        self.spec = spec
        self.options = options
        self.settings = read_train(spec, validates=bool(chosen(spec.section("data"), "validation")))
        self.position = Position()
        self.accelerator = _accelerator(options.device, self.settings.precision)
        self.source: DataSource = open_source(spec)
        refuse_unfit_baseline(spec, self.settings, self.source)
        self.data = SpecData(spec, self.settings, self.source, self.position)
        self.compiled: Compiled = build(spec, self.settings.seed)

    def trainer(self, **settings: Any) -> Any:
        return trainer(accelerator=self.accelerator, precision=self.settings.precision, **settings)

    # -- training

    def fit(self, folder: Path, record: dict[str, Any], checkpoint: Checkpoint | None, console: Any) -> None:
        """Trains from where `checkpoint` stands, or from the start."""
        if checkpoint is not None:
            self.compiled.module.load_state_dict(checkpoint.weights)
            self.position.__dict__.update(Position.of(checkpoint.training["position"]).__dict__)
        if self.position.finished(self.settings):
            return
        settings, batches = self.settings, self.data.batches_per_epoch
        per_epoch = -(-batches // settings.accumulate)
        module = SpecModule(self.compiled, self.data.turn, self.position, (per_epoch * settings.epochs, per_epoch))
        training = checkpoint.training if checkpoint is not None else None
        book = Bookkeeping(folder, settings, self.position, record, batches, training, self.options.checkpoint_minutes)
        callbacks: list[Any] = [book]
        if not self.options.quiet:
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
        with book:
            fitter.fit(module, datamodule=self.data)

    # -- measuring

    def default_split(self) -> str:
        """The test set, or what there is of the others."""
        return next(name for name in SPLITS if len(getattr(self.data.splits, name)))

    def measure(self, split: str, best: dict[str, Any]) -> Report:
        """The figures of the weights that the model holds, and of the baseline on the test set."""
        indices = getattr(self.data.splits, split)
        if not len(indices):
            section = "hold_out" if split == "test" else split
            raise UserError(f"the {split} split is empty", f"`data` sets no chromosomes aside for it: add `{section} = {{ chromosomes = […] }}`")
        module = SpecModule(self.compiled, self.data.turn)
        self.trainer(default_root_dir=Path.cwd()).test(module, dataloaders=self.data.loader_of(split), verbose=False)
        pairs = module.measured.pairs()
        baseline = measure_baseline(self.spec, self.settings, self.source, self.data.splits, pairs) if split == "test" else {}
        chromosomes = list(dict.fromkeys(self.source.chromosomes[indices].tolist()))
        return Report(split, len(indices), chromosomes, module.measured.figures(""), baseline, NAME, best, pairs)

    def table(self, split: str) -> dict[str, Any]:
        indices = getattr(self.data.splits, split)
        return {name: column[indices] for name, column in self.source.table.items()}


def train(checked: Checked, folder: Path, options: Options = Options(), log: IO[str] | None = None) -> Report:
    """Trains a spec into a folder and measures the weights that it kept.

    Raises UserError or SpecError for what the user can mend, and Interrupted where a signal ended it; the folder then
    holds a checkpoint that `resume` goes on from.
    """
    from rich.console import Console

    assert checked.spec is not None
    checkpoint = _prepare_folder(folder, options)
    with _threads(options.threads), quiet_lightning():
        run = Run(checked.spec, options)
        record = _record(run, checked)
        if checkpoint is not None:
            _refuse_other_run(folder, checkpoint, record)
            record = checkpoint.record
        log = log or sys.stderr
        console = Console(file=log, width=None if log.isatty() else 160)
        run.fit(folder, record, checkpoint, console)
        return _conclude(run, folder, record)


def _record(run: Run, checked: Checked) -> dict[str, Any]:
    return {
        "spec": spec_record(checked),
        "data": {"path": getattr(run.source, "path", ""), "sha256": run.source.fingerprint()},
        "seed": run.settings.seed,
        "threads": torch.get_num_threads(),
        "versions": versions(),
    }


def _conclude(run: Run, folder: Path, record: dict[str, Any]) -> Report:
    """Measures the best weights and writes all that is to be read."""
    from safetensors.torch import save_file

    from getdsl.training.plots import plot_learning_curve, plot_predictions

    best = read_checkpoint(folder / BEST)
    run.compiled.module.load_state_dict(best.weights)
    report = run.measure(run.default_split(), best.record["best"])
    path = folder / "weights.safetensors"
    with saving(path), whole_file(path) as aside:
        save_file({name: value.contiguous().clone() for name, value in best.weights.items()}, aside)
    write_history(folder, run.position.history)
    plot_learning_curve(folder / "learning_curve.png", run.position.history, best.record["best"]["epoch"])
    if report.pairs:
        write_predictions(folder, report, run.table(report.split))
        plot_predictions(folder / "predicted_vs_measured.png", report, units(run.spec))
    write_metrics(folder, report, record)
    return report


def units(spec: Spec) -> dict[str, str]:
    """What each measured term's target is, as the spec writes it."""
    from getdsl.compiler.stages import compared

    found = {}
    for name in spec.stages.metric_terms:
        pair = compared(spec.stages.terms[name].setting.value)
        if pair is not None:
            found[name] = " ".join(pair[1].span.text.split()).replace("batch.", "")
    return found


def evaluate(path: Path, split: str | None, options: Options = Options(), overrides: Overrides | None = None) -> tuple[Report, dict[str, Any]]:
    """The figures of a checkpoint (or of a run's folder) on one split, from what it holds; and its record."""
    checkpoint = read_checkpoint(path / BEST if path.is_dir() else path)
    record = checkpoint.record
    threads = options.threads or record["threads"]
    spec = restore_spec(record["spec"], overrides or Overrides())
    with _threads(threads), quiet_lightning():
        run = Run(spec, options)
        _load(run.compiled, checkpoint, path)
        epoch = (checkpoint.training.get("position") or {}).get("epoch")
        report = run.measure(split or run.default_split(), record.get("best") or {"epoch": epoch})
    return report, record | {"data_now": run.source.fingerprint()}


def _load(compiled: Compiled, checkpoint: Checkpoint, path: Path) -> None:
    try:
        compiled.module.load_state_dict(checkpoint.weights)
    except RuntimeError as error:
        raise UserError(f"the weights in `{path}` do not fit the model that its spec makes: {error}", "a param was set, or this getdsl builds the model in another way") from error


# -- the folder


def _prepare_folder(folder: Path, options: Options) -> Checkpoint | None:
    """The checkpoint to go on from, None for a run from the start. Raises UserError where the folder is taken."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"`{folder}` is a file", "name a folder with `-o`")
    present = [name for name in FILES if (folder / name).exists()]
    if present and not options.resume and not options.overwrite:
        raise UserError(f"`{folder}` already holds a run ({present[0]})", "add `--resume` to go on with it, or `--overwrite` to start anew")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            for left in folder.glob(f".{name}.*"):  # of a run that was killed while it wrote
                left.unlink()
            if not options.resume:
                (folder / name).unlink(missing_ok=True)
        with whole_file(folder / ".writable"):
            pass
        (folder / ".writable").unlink()
    except OSError as error:
        raise UserError(f"cannot write in `{folder}`: {(error.strerror or str(error)).lower()}", "name another folder with `-o`") from error
    if options.resume and (folder / LAST).exists():
        return read_checkpoint(folder / LAST)
    return None


def _refuse_other_run(folder: Path, checkpoint: Checkpoint, record: dict[str, Any]) -> None:
    then, now = checkpoint.record, record
    if not checkpoint.training:
        raise UserError(f"`{folder / LAST}` holds weights only", "start anew with `--overwrite`")
    if then["spec"]["sha256"] != now["spec"]["sha256"]:
        found = differences(then["spec"]["parts"], now["spec"]["parts"])
        raise UserError(
            f"the spec is not that of the run in `{folder}`: {'; '.join(map(str, found[:4]))}",
            "give it the same settings, or start anew with `--overwrite` or in another folder",
        )
    if then["data"]["sha256"] != now["data"]["sha256"]:
        raise UserError(f"the data are not those of the run in `{folder}`: {now['data']['path']} has changed", "bring them back, or start anew with `--overwrite` or in another folder")


# -- the machine


@contextmanager
def _threads(number: int | None) -> Iterator[None]:
    before = torch.get_num_threads()
    if number is not None:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _accelerator(device: str, precision: str) -> str:
    if device == "gpu" and not torch.cuda.is_available():
        raise UserError("there is no GPU that torch can use", "leave `--device` away")
    chosen = ("gpu" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    if precision == "16-mixed" and chosen == "cpu":
        raise UserError('`precision = "16-mixed"` needs a GPU', 'use "bf16-mixed" or "32-true"')
    return chosen
