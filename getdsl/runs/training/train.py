"""A run from its spec to its report."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import IO

import torch

from getdsl.compiler.lower.adapter_file import NAME as ADAPTER
from getdsl.compiler.lower.adapter_file import write_adapter
from getdsl.compiler.plan.planned import Planned
from getdsl.compiler.spec import Checked
from getdsl.data.sampling import evaluated
from getdsl.diagnostics.render import render
from getdsl.runs.evaluation.evaluate import measure
from getdsl.runs.evaluation.report import Report, print_table, write_history, write_metrics, write_predictions
from getdsl.runs.fitting.fit import fit
from getdsl.runs.opened.options import DEFAULTS, Options
from getdsl.runs.opened.origins import FromCheckpoint, FromPlan
from getdsl.runs.opened.samples import refuse_gone_data
from getdsl.runs.opened.session import Session
from getdsl.runs.outcome.beginning import write_beginning
from getdsl.runs.outcome.log import LoggedConsole
from getdsl.runs.page.page import write_page
from getdsl.runs.pictures.draw import draw_pictures
from getdsl.runs.process.machine import placed, using_threads
from getdsl.runs.process.quiet import quiet_lightning
from getdsl.runs.ranks.agreement import agreed, first_does
from getdsl.runs.ranks.alike import checkpoint_hash, held, logged_by_first, made_of, refuse_unlike
from getdsl.runs.ranks.joined import joined
from getdsl.runs.ranks.sharded import refuse_unshardable
from getdsl.runs.ranks.sharing import Process
from getdsl.runs.resolved.resolved_spec import resolved_spec
from getdsl.runs.run_folder.checkpoint import BEST, LAST, Checkpoint, read_checkpoint, saving
from getdsl.runs.run_folder.folder import last_checkpoint, refuse_other_run, refuse_taken
from getdsl.runs.run_folder.lock import refuse_gone
from getdsl.runs.run_folder.provenance import data_record, loaded_record, versions
from getdsl.runs.run_folder.records import RunRecord
from getdsl.runs.run_folder.spec_record import spec_record
from getdsl.runs.training.readiness import refuse_degenerate_targets, refuse_unready
from getdsl.runs.training.several import refuse_many_processes
from getdsl.text.visible import visible
from getdsl.text.whole import whole_file
from getdsl.weights.write_ours import own_memory


def train(
    checked: Checked,
    folder: Path,
    options: Options = DEFAULTS,
    log: IO[str] | None = None,
    planned: Planned | None = None,
) -> Report:
    """Trains a spec into a folder and measures the weights that it kept.

    `planned`, the plan of the spec that was shown or approved, is what is carried out; without one it is made
    here, once the data are found. A resumed run takes its weights from its checkpoint.
    Raises UserError or SpecError for what the user can mend, and Interrupted where a signal ended it; the
    folder then holds a checkpoint that `resume` goes on from.
    """
    assert checked.spec is not None
    refuse_taken(folder, resume=options.resume, overwrite=options.overwrite)
    settings = checked.spec.train
    options = placed(options, settings.devices, settings.num_nodes, settings.strategy)
    if options.placement.shards:
        refuse_unshardable(checked.spec)
    if options.placement.world > 1:
        refuse_many_processes(checked.spec)
    with quiet_lightning(), joined(options) as process:
        options = options if process.first else replace(options, quiet=True)
        checkpoint = agreed(lambda: last_checkpoint(folder)) if options.resume else None
        refuse_unlike({"checkpoint": checkpoint_hash(checkpoint)})
        threads = options.threads or (checkpoint.record["threads"] if checkpoint is not None else None)
        with using_threads(threads):
            if checkpoint is not None:
                return _resumed(checked, checkpoint, folder, options, log or sys.stderr)
            origin = FromPlan(checked.spec, options, planned)
            return _fresh(checked, origin, folder, options, log or sys.stderr)


def _fresh(checked: Checked, origin: FromPlan, folder: Path, options: Options, log: IO[str]) -> Report:
    session = Session(origin.spec, origin, options)
    record = agreed(lambda: _new_record(checked, session, origin))
    refuse_unlike(made_of(record))
    texts = resolved_spec(checked, folder)
    with held(folder, keep=options.resume), logged_by_first(folder, log) as console:
        first_does(lambda: write_beginning(folder, texts, session, record))
        if not options.quiet:
            for note in getattr(session.source, "notes", ()):
                console.tell(f"warning: {visible(note)}")
        if session.compiled.warnings and not options.quiet:
            console.tell(render(session.compiled.warnings, "text", log))
        return _carry_out(session, record, None, folder, console)


def _new_record(checked: Checked, session: Session, origin: FromPlan) -> RunRecord:
    """What the run is made of, once nothing is in its way. Raises UserError or SpecError."""
    refuse_unready(session)
    refuse_degenerate_targets(session)
    compiled = session.compiled
    return {
        "spec": spec_record(checked),
        "data": data_record(session.source),
        "adaptation": compiled.adaptation.as_json(),
        "loaded": loaded_record(compiled.loaded, origin.planned.plan.headers),
        "seed": session.settings.seed,
        "threads": torch.get_num_threads(),
        "versions": versions(),
    }


def _resumed(
    checked: Checked, checkpoint: Checkpoint, folder: Path, options: Options, log: IO[str]
) -> Report:
    assert checked.spec is not None
    session = Session(checked.spec, FromCheckpoint(folder / LAST, checkpoint), options)
    agreed(lambda: _refuse_unfit(checked, session, checkpoint, folder))
    texts = resolved_spec(checked, folder)
    with held(folder, keep=True), logged_by_first(folder, log) as console:
        first_does(lambda: write_beginning(folder, texts, session, checkpoint.record))
        return _carry_out(session, checkpoint.record, checkpoint, folder, console)


def _refuse_unfit(checked: Checked, session: Session, checkpoint: Checkpoint, folder: Path) -> None:
    """Raises UserError or SpecError where the run cannot go on, or would be another one."""
    refuse_unready(session)
    refuse_other_run(folder, checkpoint, spec_record(checked), data_record(session.source))


def _carry_out(
    session: Session, record: RunRecord, checkpoint: Checkpoint | None, folder: Path, console: LoggedConsole
) -> Report:
    """Trains, measures the best weights and writes all that is to be read."""
    training = checkpoint.training if checkpoint is not None else None
    history = fit(session, folder, record, training, console).history
    best = read_checkpoint(folder / BEST)
    chosen = best.record["best"]
    session = _with_weights(session, folder, best)
    report = measure(session, session.default_split, chosen, watched=True)
    if not Process.current().first:
        return report
    print_table(report, console.kept.file)
    refuse_gone(folder)
    refuse_gone_data(session.source)
    _write_weights(session, best, folder)
    write_history(folder, history)
    indices = evaluated(session.indices(report.split), session.spec.data_settings)
    table = {name: column[indices] for name, column in session.source.table.items()}
    if report.pairs:
        write_predictions(folder, report, table)
    draw_pictures(folder, report, history, session.spec, table)
    write_metrics(folder, report, record)
    write_page(folder)
    return report


def _with_weights(session: Session, folder: Path, best: Checkpoint) -> Session:
    """The session with the weights that were kept, whole where each process trained a part of them."""
    placement = session.options.placement
    if not placement.shards:
        session.compiled.load_state_dict(best.weights)
        return session
    options = replace(session.options, placement=replace(placement, strategy="ddp"))
    return Session(session.spec, FromCheckpoint(folder / BEST, best), options)


def _write_weights(session: Session, best: Checkpoint, folder: Path) -> None:
    from safetensors.torch import save_file

    path = folder / "weights.safetensors"
    with saving(path), whole_file(path) as aside:
        save_file(own_memory(best.weights), aside)
    if session.compiled.adaptation.adapters:
        write_adapter(folder / ADAPTER, session.compiled)
