"""What must be there before a session trains or is measured."""

from __future__ import annotations

from getdsl.compiler.plan.readiness import absent_for_training, lacking
from getdsl.compiler.refusals import refuse_untrusted
from getdsl.diagnostics import UserError
from getdsl.runs.baseline import refuse_unfit_baseline
from getdsl.runs.data_module import SpecData
from getdsl.runs.machine import accelerator_of
from getdsl.runs.position import Position
from getdsl.runs.session import Session

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
    refuse_unfit_baseline(spec, settings, session.source)
    data_of(session)


def _refuse_incomplete(session: Session) -> None:
    """Raises UserError where sections are missing that training needs, as the plan says."""
    absent = absent_for_training(session.spec)
    if absent:
        named = f"{session.spec.path or 'the spec'}: {lacking(absent)}"
        raise UserError(named, "add " + " and ".join(f"`{EXAMPLES[name]}`" for name in absent))


def data_of(session: Session, position: Position | None = None) -> SpecData:
    """Loaders; that of training starts at `position`. Raises UserError or SpecError."""
    return SpecData(session.spec, session.settings, session.source, position or Position())
