"""A run from its spec to its report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO, Any

import torch

from getdsl.compiler.lower.adapter_file import NAME as ADAPTER
from getdsl.compiler.lower.adapter_file import write_adapter
from getdsl.compiler.spec import Checked, Spec
from getdsl.diagnostics.render import render
from getdsl.runs.checkpoint import BEST, read_checkpoint, saving
from getdsl.runs.folder import claim_folder, last_checkpoint, refuse_other_run, refuse_taken
from getdsl.runs.provenance import loaded_record, spec_record, versions
from getdsl.runs.quiet import quiet_lightning
from getdsl.runs.report import Report, write_history, write_metrics, write_predictions
from getdsl.runs.run import Options, Run, using_threads
from getdsl.text.whole import whole_file
from getdsl.weights.write_ours import own_memory

DEFAULTS = Options()


def train(checked: Checked, folder: Path, options: Options = DEFAULTS, log: IO[str] | None = None) -> Report:
    """Trains a spec into a folder and measures the weights that it kept.

    Raises UserError or SpecError for what the user can mend, and Interrupted where a signal ended it; the
    folder then holds a checkpoint that `resume` goes on from.
    """
    from rich.console import Console

    assert checked.spec is not None
    refuse_taken(folder, resume=options.resume, overwrite=options.overwrite)
    checkpoint = last_checkpoint(folder) if options.resume else None
    threads = options.threads or (checkpoint.record["threads"] if checkpoint is not None else None)
    with using_threads(threads), quiet_lightning():
        run = Run(checked.spec, options, fresh=checkpoint is None)
        record = _record(run, checked)
        if checkpoint is not None:
            refuse_other_run(folder, checkpoint, record)
            record = checkpoint.record
        claim_folder(folder, keep=options.resume)
        log = log or sys.stderr
        if run.compiled.warnings and not options.quiet:
            print(render(run.compiled.warnings, "text", log), file=log)
        console = Console(file=log, width=None if log.isatty() else 160)
        run.fit(folder, record, checkpoint, console)
        return _conclude(run, folder, record)


def _record(run: Run, checked: Checked) -> dict[str, Any]:
    return {
        "spec": spec_record(checked),
        "data": {"path": getattr(run.source, "path", ""), "sha256": run.source.fingerprint()},
        "adaptation": run.compiled.adaptation.as_json(),
        "loaded": loaded_record(run.compiled.loaded),
        "seed": run.settings.seed,
        "threads": torch.get_num_threads(),
        "versions": versions(),
    }


def _conclude(run: Run, folder: Path, record: dict[str, Any]) -> Report:
    """Measures the best weights and writes all that is to be read."""
    from safetensors.torch import save_file

    from getdsl.runs.plots import plot_learning_curve, plot_predictions

    best = read_checkpoint(folder / BEST)
    run.compiled.load_state_dict(best.weights)
    report = run.measure(run.default_split(), best.record["best"])
    path = folder / "weights.safetensors"
    with saving(path), whole_file(path) as aside:
        save_file(own_memory(best.weights), aside)
    if run.compiled.adaptation.adapters:
        write_adapter(folder / ADAPTER, run.compiled)
    write_history(folder, run.position.history)
    plot_learning_curve(folder / "learning_curve.png", run.position.history, best.record["best"]["epoch"])
    if report.pairs:
        write_predictions(folder, report, run.table(report.split))
        plot_predictions(folder / "predicted_vs_measured.png", report, units(run.spec))
    write_metrics(folder, report, record)
    return report


def units(spec: Spec) -> dict[str, str]:
    """What each measured term's target is, as the spec writes it."""
    from getdsl.compiler.elaborate.stages import compared

    found = {}
    for name in spec.stages.metric_terms:
        pair = compared(spec.stages.terms[name].setting.value)
        if pair is not None:
            found[name] = " ".join(pair[1].span.text.split()).replace("batch.", "")
    return found
