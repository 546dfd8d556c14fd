"""The stage that needs torch: compile."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from getdsl.api.front import Params, checked_spec
from getdsl.compiler.lower.carry_out import build_planned
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.plan.planned import plan_spec
from getdsl.compiler.refusals import refuse_untrusted
from getdsl.trust import trust_of


def compile(
    path: str | Path,
    *,
    params: Params | None = None,
    model: str | None = None,
    trust: bool | Iterable[str | Path] = False,
    seed: int | None = None,
    fuse: bool = True,
    offline: bool = False,
) -> Compiled:
    """The spec as a `Compiled`, with fresh weights (reproducible ones with `seed`) and those that it loads.

    `params` sets params and settings by path, as `--set` does. `trust` names files: the specs whose `extern`
    Python may run, and the checkpoints that may hold more than tensors; True stands for all of them.
    `fuse = False` leaves every block a kernel of its own; `offline` takes checkpoints at URLs from the
    cache only. Raises SpecError where the spec is wrong or its plan cannot be carried out, UserError where a
    file is not trusted.
    """
    spec = checked_spec(path, params, model)
    trusted = trust_of(trust)
    refuse_untrusted(spec, trusted)
    planned = plan_spec(spec, offline=offline, trust=trusted)
    return build_planned(planned, seed, fuse=fuse)
