"""Whether a run can start, and what of a plan a person should look at before it does.

`plan` shows what `train` refuses by: both ask here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from getdsl.compiler.cost import Cost, step_cost
from getdsl.compiler.plan.lint import lint
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.plan.planned import Planned
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import Diagnostic, SpecError, UserError
from getdsl.diagnostics.mistakes import data


def readiness(planned: Planned) -> tuple[Diagnostic, ...]:
    """All that a plan, the data and the graph tell of a run before it starts; an error stops it."""
    spec, plan = planned.spec, planned.plan
    return (*plan.diagnostics, *absent_data(spec), *lint(spec, plan))


def absent_data(spec: Spec) -> list[Diagnostic]:
    """An error for each file of the data that is not there."""
    if spec.data is None:
        return []
    return [data.absent_data(path, place) for path, place in spec.data.missing_files().items()]


def can_run(diagnostics: Iterable[Diagnostic]) -> bool:
    return not any(item.severity == "error" for item in diagnostics)


def absent_for_training(spec: Spec) -> list[str]:
    """The sections that training needs and the spec has not; without them it can still be compiled."""
    has = {"data": spec.data is not None, "loss": bool(spec.stages.terms)}
    return [name for name, there in has.items() if not there]


def lacking(sections: Sequence[str]) -> str:
    """What training misses, in words that plan and train share."""
    return "the spec has no " + " and no ".join(f"`{name}`" for name in sections)


def refuse_unready(planned: Planned) -> None:
    """Raises SpecError, or UserError where nothing would be trained, where a run cannot start."""
    found = (*planned.plan.diagnostics, *absent_data(planned.spec))
    if not can_run(found):
        raise SpecError(found)
    refuse_untrainable(planned.plan)


def refuse_untrainable(plan: Plan) -> None:
    """Raises UserError where no weight and no adapter has a gradient."""
    if plan.learns:
        return
    frozen = any(item.kind == "weight" for item in plan.tensors.values())
    raise UserError(
        "the model has nothing to train: "
        + ("all of its weights are frozen" if frozen else "it has no weights that learn"),
        "freeze less of it, or add `lora`" if frozen else "make a part of it learnable",
    )


def is_idle(planned: Planned) -> bool:
    """Whether a spec that says all that training needs, data and a loss, would train nothing."""
    spec = planned.spec
    return spec.data is not None and bool(spec.stages.terms) and not planned.plan.learns


def plan_cost(planned: Planned, sizes: Mapping[str, int]) -> Cost:
    """The cost of a step with what the plan trains and adapts."""
    tensors = planned.plan.tensors.values()
    trainable = {tensor.name for tensor in tensors if tensor.trainable}
    adapters = {tensor.name: tensor.adapter.rank for tensor in tensors if tensor.adapter is not None}
    return step_cost(planned.spec, sizes, trainable, adapters)


def changes(plan: Plan) -> bool:
    """Whether something is new, missing, dropped or unexpected."""
    return bool(plan.leftovers) or any(tensor.origin != "loaded" for tensor in plan.tensors.values())
