"""The stages that need no torch: parse, format, check, plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from getdsl.compiler.check import check as check_file
from getdsl.compiler.check import check_text as check_source
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.spec import Checked, Spec
from getdsl.diagnostics import Diagnostics, SpecError, UserError
from getdsl.formatter import formatted
from getdsl.grammar import parse as parse_source
from getdsl.grammar import read_source
from getdsl.grammar.syntax import File
from getdsl.trust import trust_of

Params = Mapping[str, Any]  # values of params and settings by path, as `--set` takes them


def parse(path: str | Path) -> File:
    """The syntax tree of a spec. Raises SpecError where it does not parse."""
    diagnostics = Diagnostics()
    source = read_source(Path(path), diagnostics)
    file = parse_source(source, diagnostics) if source is not None else None
    if file is None or diagnostics.errors:
        raise SpecError(diagnostics.sorted())
    return file


def check(path: str | Path, *, params: Params | None = None, model: str | None = None) -> Checked:
    """The checked spec with its diagnostics; torch is not imported. Never raises for a wrong spec."""
    return check_file(path, params=params, model=model)


def check_text(text: str, *, params: Params | None = None, model: str | None = None) -> Checked:
    """Like `check`, for a spec that is a text, as in a notebook; its paths start in the working directory."""
    return check_source(text, params=params, model=model)


def format_text(text: str) -> str:
    """A spec's text in the one layout, as `getdsl fmt` writes it.

    Raises SpecError where it does not parse.
    """
    return formatted(text)


def plan(
    path: str | Path | Spec,
    *,
    params: Params | None = None,
    model: str | None = None,
    trust: bool | Iterable[str | Path] = False,
    offline: bool = False,
) -> Plan:
    """What `load`, `lora`, `freeze` and `train_only` will do, tensor by tensor; of files, headers are read.

    What stands in the way of a run, absent data too, is in the plan's diagnostics, and its `ok`.
    `trust` names checkpoints that may hold more than tensors, see `compile`. `offline` takes URLs from the
    cache only. Raises SpecError where the spec itself is wrong.
    """
    spec = checked_spec(path, params, model)
    from getdsl.compiler.plan.planned import plan_spec
    from getdsl.compiler.plan.readiness import absent_data

    found = plan_spec(spec, offline=offline, trust=trust_of(trust)).plan
    return replace(found, diagnostics=(*found.diagnostics, *absent_data(spec)))


def checked_spec(path: str | Path | Spec, params: Params | None, model: str | None) -> Spec:
    """The spec of a file, or one that was checked before. Raises SpecError where the spec is wrong."""
    if isinstance(path, Spec):
        if params or model:
            raise UserError("the spec is checked already", "give `params` and `model` to `getdsl.check`")
        return path
    return need(check_file(path, params=params, model=model))


def need(checked: Checked) -> Spec:
    """Raises SpecError where the spec is wrong."""
    if checked.spec is None:
        raise SpecError(checked.diagnostics)
    return checked.spec
