"""The stage that needs torch: compile."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from getdsl.api.front import Params, check_text, checked_spec, need
from getdsl.compiler.lower.carry_out import build_planned
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.plan.planned import plan_spec
from getdsl.compiler.refusals import refuse_untrusted
from getdsl.compiler.spec import Spec
from getdsl.trust import Trust, trust_of


def compile(
    path: str | Path | Spec,
    *,
    params: Params | None = None,
    model: str | None = None,
    trust: bool | Iterable[str | Path] = False,
    seed: int | None = None,
    fuse: bool = True,
    offline: bool = False,
) -> Compiled:
    """The spec as a `Compiled`, with fresh weights (reproducible ones with `seed`) and those that it loads.

    `path` is its file, or the spec itself where it was checked before. `params` sets params and settings by
    path, as `--set` does. `trust` names files: the specs whose `extern` Python may run, and the checkpoints
    that may hold more than tensors; True stands for all of them.
    `fuse = False` leaves every block a kernel of its own; `offline` takes checkpoints at URLs from the
    cache only. Raises SpecError where the spec is wrong or its plan cannot be carried out, UserError where a
    file is not trusted.
    """
    return _compiled(checked_spec(path, params, model), trust_of(trust), seed, fuse=fuse, offline=offline)


def compile_text(
    text: str,
    *,
    params: Params | None = None,
    model: str | None = None,
    trust: bool | Iterable[str | Path] = False,
    seed: int | None = None,
    fuse: bool = True,
    offline: bool = False,
) -> Compiled:
    """Like `compile`, for a spec that is a text; its own `extern` Python runs with `trust=True` alone."""
    spec = need(check_text(text, params=params, model=model))
    return _compiled(spec, trust_of(trust), seed, fuse=fuse, offline=offline)


def _compiled(spec: Spec, trust: Trust, seed: int | None, *, fuse: bool, offline: bool) -> Compiled:
    refuse_untrusted(spec, trust)
    planned = plan_spec(spec, offline=offline, trust=trust)
    return build_planned(planned, seed, fuse=fuse)
