"""Whether a run can start, and what of a plan a person should look at before it does."""

from __future__ import annotations

from collections.abc import Iterable

from getdsl.compiler.cost import Cost, step_cost
from getdsl.compiler.elaborate.sources import missing_files
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import Diagnostic, Label


def absent_data(spec: Spec) -> list[Diagnostic]:
    """An error for each file of the data that is not there."""
    if spec.source is None:
        return []
    return [
        Diagnostic(
            "GET603",
            f"`{path}` is not there",
            Label(spec.source.span),
            help="a run needs it; `getdsl check` does not",
        )
        for path in missing_files(spec.source)
    ]


def plan_cost(spec: Spec, plan: Plan, sizes: dict[str, int]) -> Cost:
    """The cost of a step with what the plan trains and adapts."""
    trainable = {tensor.name for tensor in plan.tensors.values() if tensor.trainable}
    adapters = {
        tensor.name: tensor.adapter.rank for tensor in plan.tensors.values() if tensor.adapter is not None
    }
    return step_cost(spec, sizes, trainable, adapters)


def can_run(diagnostics: Iterable[Diagnostic]) -> bool:
    return not any(item.severity == "error" for item in diagnostics)


def changes(plan: Plan) -> bool:
    """Whether something is new, missing, dropped or unexpected."""
    return bool(plan.leftovers) or any(tensor.origin != "loaded" for tensor in plan.tensors.values())
