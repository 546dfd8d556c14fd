"""The figures of a model on a split; those of a checkpoint again, from the checkpoint alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.refusals import refuse_untrusted
from getdsl.data.data_source import Indices
from getdsl.data.sampling import evaluated
from getdsl.diagnostics import UserError
from getdsl.runs.evaluation.baseline import NAME, measure_baseline
from getdsl.runs.evaluation.measurement import Floats
from getdsl.runs.evaluation.pass_by import pass_by
from getdsl.runs.evaluation.passing import Passing
from getdsl.runs.evaluation.report import Report
from getdsl.runs.evaluation.tables import Row, Tables
from getdsl.runs.loading.data_module import SpecData
from getdsl.runs.opened.options import DEFAULTS, Options
from getdsl.runs.opened.session import Session
from getdsl.runs.predict.chosen import choose
from getdsl.runs.predict.wanted import Wanted
from getdsl.runs.process.machine import using_threads
from getdsl.runs.process.quiet import quiet_lightning
from getdsl.runs.process.signals import on_signals
from getdsl.runs.ranks.agreement import agreed
from getdsl.runs.ranks.alike import refuse_unlike
from getdsl.runs.ranks.joined import joined
from getdsl.runs.run_folder.provenance import data_record
from getdsl.runs.run_folder.records import Best
from getdsl.runs.training.lightning_module import SpecModule
from getdsl.runs.training.readiness import data_of, refuse_unready
from getdsl.runs.training.trainer import trainer_of
from getdsl.runs.watched.watch import Watch


def evaluate(
    path: Path, split: str | None, options: Options = DEFAULTS, overrides: Overrides | None = None
) -> tuple[Report, bool]:
    """The figures of a checkpoint (or of a run's folder) on one split, from what it holds.

    And whether the data are those that it was trained on.
    """
    with quiet_lightning(), joined(options), Session.open(path, options, overrides) as session:
        return _reported(session, split)


def evaluate_tables(
    path: Path,
    wanted: Wanted,
    by: Sequence[str] = (),
    options: Options = DEFAULTS,
    overrides: Overrides | None = None,
) -> tuple[list[Row], Report | None]:
    """The figures of a split, or of other regions, told apart `by` celltype, chrom or track.

    And of a split the report, with the spec's baseline, of the same pass over it. Processes share samples;
    each has all figures.
    """
    with quiet_lightning(), joined(options), Session.open(path, options, overrides) as session:
        if wanted.regions is not None:
            return tables_of(session, wanted, by), None
        with using_threads(session.threads):
            refuse_untrusted(session.spec, session.options.trust)
            chosen = agreed(lambda: choose(session, wanted, measured=True))
            measured = evaluated(chosen.indices, session.spec.data_settings)
            tables = Tables(session, replace(chosen, indices=measured), by)
            report, _ = _reported(session, chosen.split, tables.measuring)
        return tables.rows(), report


def tables_of(session: Session, wanted: Wanted, by: Sequence[str] = ()) -> list[Row]:
    """The same rows for an open session."""
    refuse_untrusted(session.spec, session.options.trust)
    with using_threads(session.threads), quiet_lightning():
        chosen = agreed(lambda: choose(session, wanted, measured=True))
        tables = Tables(session, chosen, by)
        pass_by(session, chosen, tables.measuring)
        return tables.rows()


def _reported(session: Session, split: str | None, passing: Passing | None = None) -> tuple[Report, bool]:
    record, training = session.stored.record, session.stored.checkpoint.training
    with using_threads(session.threads), quiet_lightning():
        agreed(lambda: refuse_unready(session))
        refuse_unlike(seen_by(session))
        position = training.get("position")
        last = Best(epoch=position["epoch"]) if position is not None else None
        best = record.get("best") or last
        report = measure(session, split or session.default_split, best, passing=passing)
        same = data_record(session.source)["sha256"] == record["data"]["sha256"]
    return report, same


def seen_by(session: Session) -> dict[str, str]:
    """What processes that measure or predict together must have in common, to be compared."""
    data = data_record(session.source)
    return {"checkpoint": session.stored.header.sha256 or "", f"data {data['path']}": data["sha256"]}


def measure(
    session: Session,
    split: str,
    best: Best | None,
    *,
    watched: bool = False,
    passing: Passing | None = None,
) -> Report:
    """The figures of the weights that the model holds, and of the baseline on the test set.

    Where it is `watched`, also what pictures are drawn from; `passing` is shown what is measured.
    """
    indices = session.indices(split)
    if not len(indices):
        section = "hold_out" if split == "test" else split
        raise UserError(
            f"the {split} split is empty",
            f"`data` sets no chromosomes aside for it: add `{section} = {{ chromosomes = […] }}`",
        )
    data = data_of(session)
    indices = data.measured(split)
    module = SpecModule(session.compiled, data.turn)
    module.watch = Watch(session.compiled) if watched else None
    module.passing = passing
    tester = trainer_of(session, default_root_dir=Path.cwd())
    with on_signals():
        tester.test(module, dataloaders=data.loader_of(split), verbose=False)
    pairs = module.measured.pairs()
    baseline = _baseline(session, data) if split == "test" else {}
    chromosomes = list(dict.fromkeys(session.source.chromosomes[indices].tolist()))
    figures = module.measured.figures("")
    seen = module.watch.seen() if module.watch is not None else {}
    return Report(split, len(indices), chromosomes, figures, baseline, NAME, best, pairs, seen)


def _baseline(session: Session, data: SpecData) -> dict[str, float]:
    """The baseline's figures on the test set; targets are what the model is measured against."""

    def targets_of(indices: Indices) -> dict[str, Floats]:
        module = SpecModule(session.compiled, None)
        tester = trainer_of(session, default_root_dir=Path.cwd())
        with on_signals():
            tester.test(module, dataloaders=data.loader(indices), verbose=False)
        return {term: target for term, (_, target) in module.measured.pairs().items()}

    splits = replace(session.splits, test=data.measured("test"))
    return measure_baseline(session.spec, session.settings, session.source, splits, targets_of)
