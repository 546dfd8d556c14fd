"""The folders of runs below some folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from getdsl.diagnostics import UserError
from getdsl.runs.outcome.files import FAILURE, METRICS, RECORD
from getdsl.runs.run_folder.lock import NAME as LOCK

SIGNS = ("last.safetensors", "best.safetensors", METRICS, RECORD, FAILURE)
DEEP = 4  # folders below the one that is named


def find_runs(folders: Iterable[Path]) -> list[Path]:
    """Each once, in the order of their names. Raises UserError for a folder that is not there."""
    found: dict[Path, None] = {}
    for folder in folders:
        if not folder.is_dir():
            raise UserError(
                f"there is no folder `{folder}`", "name a folder that `getdsl train` wrote, or one above"
            )
        found |= dict.fromkeys(_below(folder))
    return list(found)


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder, onerror=lambda error: None):
        path = Path(place)
        if any(sign in files for sign in SIGNS) or (LOCK in files and "sweep.json" not in files):
            yield path
            folders.clear()  # there are no runs in runs
        elif len(path.relative_to(folder).parts) >= DEEP:
            folders.clear()
        else:
            folders[:] = sorted(name for name in folders if not name.startswith("."))
