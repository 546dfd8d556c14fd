"""The stages of the command line as functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from getdsl.compiler.check import check as check_file
from getdsl.compiler.spec import Checked, Spec
from getdsl.diagnostics import Diagnostics, SpecError
from getdsl.grammar import parse as parse_source
from getdsl.grammar import read_source
from getdsl.grammar.syntax import File
from getdsl.trust import trust_of

if TYPE_CHECKING:
    from getdsl.compiler.lower.compiled import Compiled
    from getdsl.compiler.plan.plan import Plan


def parse(path: str | Path) -> File:
    """The syntax tree of a spec. Raises SpecError where it does not parse."""
    diagnostics = Diagnostics()
    source = read_source(Path(path), diagnostics)
    file = parse_source(source, diagnostics) if source is not None else None
    if file is None or diagnostics.errors:
        raise SpecError(diagnostics.sorted())
    return file


def check(path: str | Path, *, params: Mapping[str, Any] | None = None, model: str | None = None) -> Checked:
    """The checked spec with its diagnostics; torch is not imported. Never raises for a wrong spec."""
    return check_file(path, params=params, model=model)


def plan(
    path: str | Path,
    *,
    params: Mapping[str, Any] | None = None,
    model: str | None = None,
    trust: bool | Iterable[str | Path] = False,
    offline: bool = False,
) -> Plan:
    """What `load`, `lora`, `freeze` and `train_only` will do, tensor by tensor; of files, headers are read.

    What stands in the way of a run, absent data too, is in the plan's diagnostics, and its `ok`.
    `trust` names checkpoints that may hold more than tensors, see `compile`. `offline` takes URLs from the
    cache only. Raises SpecError where the spec itself is wrong.
    """
    spec = _checked(path, params, model)
    from getdsl.compiler.plan.planned import plan_spec
    from getdsl.compiler.plan.readiness import absent_data

    found = plan_spec(spec, offline=offline, trust=trust_of(trust)).plan
    return replace(found, diagnostics=(*found.diagnostics, *absent_data(spec)))


def compile(
    path: str | Path,
    *,
    params: Mapping[str, Any] | None = None,
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
    spec = _checked(path, params, model)
    from getdsl.compiler.lower.carry_out import build_planned
    from getdsl.compiler.plan.planned import plan_spec
    from getdsl.compiler.refusals import refuse_untrusted

    trusted = trust_of(trust)
    refuse_untrusted(spec, trusted)
    planned = plan_spec(spec, offline=offline, trust=trusted)
    return build_planned(planned, seed, fuse=fuse)


def _checked(path: str | Path, params: Mapping[str, Any] | None, model: str | None) -> Spec:
    checked = check_file(path, params=params, model=model)
    if checked.spec is None:
        raise SpecError(checked.diagnostics)
    return checked.spec
