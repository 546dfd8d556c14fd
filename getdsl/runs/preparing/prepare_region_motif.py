"""Preparing in GET's layout: of a declared batch, or of a folder that GET's older programs wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from getdsl.compiler.refusals import refuse_untrusted
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.runs.opened.samples import reading
from getdsl.runs.preparing.prepare import declared_source
from getdsl.trust import NOBODY, Trust

Step = Callable[[int, int], None]
"""Told how many parts of how many are done."""


def prepare_layout(
    spec: Spec, path: Path, step: Step, *, overwrite: bool = False, trust: Trust = NOBODY
) -> int:
    """Writes a spec's batch in GET's layout, whole or not at all; the number of regions. Raises UserError."""
    from getdsl.data.region_motif.prepare import prepare_region_motif

    refuse_untrusted(spec, trust)
    _refuse_taken(path, overwrite=overwrite)
    with reading():
        return prepare_region_motif(declared_source(spec), path, step=step)


def prepare_folder(folder: Path, path: Path, step: Step, *, overwrite: bool = False) -> tuple[str, ...]:
    """Writes the store of GET's older folder, whole or not at all; its cell types. Raises UserError."""
    from getdsl.data.region_motif.older import prepare_from_folder

    _refuse_taken(path, overwrite=overwrite)
    with reading():
        return prepare_from_folder(folder, path, step=step)


def _refuse_taken(path: Path, *, overwrite: bool) -> None:
    """What is overwritten is a zarr group, and nothing else that a folder may hold."""
    if not path.exists():
        return
    if not overwrite:
        raise UserError(f"`{path}` is there already", "add `--overwrite`, or name another folder with `-o`")
    if not any((path / name).exists() for name in ("zarr.json", ".zgroup")):
        raise UserError(f"`{path}` is no zarr group, and is not overwritten", "name another folder with `-o`")
