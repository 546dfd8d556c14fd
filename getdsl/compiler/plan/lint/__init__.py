"""What the graph tells of a planned training: outputs, weights and adapters that get no gradient."""

from __future__ import annotations

from getdsl.compiler.cost.gradients import gradients
from getdsl.compiler.cost.trace import trace
from getdsl.compiler.plan.lint.flow import Flow
from getdsl.compiler.plan.lint.norms import unfrozen_norms
from getdsl.compiler.plan.lint.unreached import (
    frozen_penalties,
    idle_terms,
    unreached_adapters,
    unreached_weights,
    unread_outputs,
)
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import Diagnostic, Diagnostics

CHECKS = (unread_outputs, unreached_weights, unreached_adapters, idle_terms, frozen_penalties, unfrozen_norms)


def lint(spec: Spec, plan: Plan) -> list[Diagnostic]:
    """Warnings GET530 to GET535, by place. A spec without a loss has none."""
    if not spec.stages.terms:
        return []
    found = Diagnostics()
    flow = Flow(spec, plan)
    for check in CHECKS:
        for item in check(flow):
            found.add(item)
    return found.sorted()


def reached(spec: Spec, plan: Plan, absent: frozenset[str] = frozenset()) -> frozenset[str]:
    """The weights to which `backward` gives a gradient, for a batch without the optional keys `absent`."""
    return gradients(trace(spec, absent=absent), Flow(spec, plan).learning).reached
