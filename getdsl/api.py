"""The stages of the command line as functions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from getdsl.compiler.check import check as check_file
from getdsl.compiler.spec import Checked
from getdsl.diagnostics import Diagnostics, SpecError
from getdsl.grammar import parse as parse_source
from getdsl.grammar import read_source
from getdsl.grammar.syntax import File

if TYPE_CHECKING:
    from getdsl.compiler.lower.compiled import Compiled


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


def compile(
    path: str | Path,
    *,
    params: Mapping[str, Any] | None = None,
    model: str | None = None,
    trust: bool = False,
    seed: int | None = None,
    fuse: bool = True,
) -> Compiled:
    """The spec as a `Compiled`, with fresh weights (reproducible ones with `seed`).

    `params` sets params and settings by path, as `--set` does. `trust` lets the spec run Python
    that it names with `extern`; `fuse = False` leaves every block a kernel of its own. Raises SpecError where
    the spec is wrong.
    """
    checked = check_file(path, params=params, model=model)
    if checked.spec is None:
        raise SpecError(checked.diagnostics)
    from getdsl.compiler.lower import build
    from getdsl.compiler.refusals import refuse_unbuilt, refuse_untrusted

    refuse_unbuilt(checked.spec)
    refuse_untrusted(checked.spec, trust)
    return build(checked.spec, seed, fuse=fuse)
