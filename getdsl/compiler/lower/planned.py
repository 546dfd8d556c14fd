"""A checked spec to a model that its directives have been carried out on."""

from __future__ import annotations

from functools import partial

from getdsl.compiler.lower.adapt import apply_plan
from getdsl.compiler.lower.compiled import Compiled, build
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import SpecError
from getdsl.trust import NOBODY, Trust

DIRECTIVES = ("lora", "freeze", "train_only")


def has_directives(spec: Spec) -> bool:
    return bool(spec.loads) or any(name in spec.settings for name in DIRECTIVES)


def plan_of(
    spec: Spec, *, offline: bool = False, progress: bool = False, trust: Trust = NOBODY
) -> Plan | None:
    """The plan of a spec, None where it has no directives. Raises SpecError where it cannot run."""
    if not has_directives(spec):
        return None
    from getdsl.compiler.plan.make import make_plan
    from getdsl.weights.header import read_header

    plan = make_plan(spec, partial(read_header, offline=offline, progress=progress, trust=trust))
    if not plan.ok:
        raise SpecError(plan.diagnostics)
    return plan


def build_planned(
    spec: Spec,
    seed: int | None = None,
    *,
    fuse: bool = True,
    offline: bool = False,
    progress: bool = False,
    trust: Trust = NOBODY,
) -> Compiled:
    """`build`, and what `load`, `lora`, `freeze` and `train_only` say of its weights.

    Files are looked at before the model is made. Raises SpecError where the plan cannot be carried out,
    UserError where a file is not what it says it is.
    """
    plan = plan_of(spec, offline=offline, progress=progress, trust=trust)
    compiled = build(spec, seed, fuse=fuse)
    if plan is not None:
        from getdsl.weights.tensors import open_tensors

        apply_plan(compiled, plan, open_tensors, seed)
    return compiled
