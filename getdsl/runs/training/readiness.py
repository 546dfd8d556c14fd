"""What must be there before a session trains or is measured."""

from __future__ import annotations

from getdsl.compiler.directives.owners import all_optimizers
from getdsl.compiler.elaborate.batch import batch_keys
from getdsl.compiler.plan.readiness import absent_for_training, lacking
from getdsl.compiler.refusals import refuse_untrusted
from getdsl.compiler.spec import Spec
from getdsl.compiler.stages.stages import compared
from getdsl.data.degenerate import refuse_degenerate
from getdsl.diagnostics import UserError
from getdsl.runs.evaluation.baseline import refuse_unfit_baseline
from getdsl.runs.fitting.position import Position
from getdsl.runs.fitting.trackers import refuse_absent
from getdsl.runs.loading.data_module import SpecData
from getdsl.runs.opened.samples import reading
from getdsl.runs.opened.session import Session
from getdsl.runs.process.machine import accelerator_of
from getdsl.runs.training import optimizer

EXAMPLES = {
    "data": 'data { source = SequenceRegions("getdsl:yeast/promoters.zarr") }',
    "loss": "loss { name = MSE(output, batch.key) }",
}


def refuse_unready(session: Session) -> None:
    """Raises UserError or SpecError where code, loss, device or data are in the way; weights come later."""
    spec, settings = session.spec, session.settings
    refuse_untrusted(spec, session.options.trust)
    _refuse_incomplete(session)
    accelerator_of(session.options.device, settings.precision)
    refuse_absent(settings.loggers)
    for item in all_optimizers(spec):
        optimizer.refuse_absent(item.settings)
    refuse_unfit_baseline(spec, settings, session.source)
    data_of(session)


def _refuse_incomplete(session: Session) -> None:
    """Raises UserError where sections are missing that training needs, as the plan says."""
    absent = absent_for_training(session.spec)
    if absent:
        named = f"{session.spec.path or 'the spec'}: {lacking(absent)}"
        raise UserError(named, "add " + " and ".join(f"`{EXAMPLES[name]}`" for name in absent))


def refuse_degenerate_targets(session: Session) -> None:
    """Raises UserError where what a term of the loss compares with teaches nothing, or is no number."""
    if session.spec.data is None:
        return
    with reading():
        refuse_degenerate(session.source, session.splits.train, targets_of(session.spec))


def targets_of(spec: Spec) -> list[str]:
    """The keys of the batch that terms compare with, where a target is made of one key alone.

    Of several, as of a track and the lengths of its peaks, one may well be constant.
    """
    found = []
    for term in spec.stages.terms.values():
        pair = compared(term.setting.value)
        read = batch_keys(pair[1]) if pair is not None else frozenset()
        found += list(read) if len(read) == 1 else []
    return list(dict.fromkeys(found))


def data_of(session: Session, position: Position | None = None) -> SpecData:
    """Loaders; that of training starts at `position`. Raises UserError or SpecError."""
    return SpecData(session.spec, session.settings, session.source, position or Position())
