"""Files that a `use` may name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from getdsl.compiler.program import LIBRARY_PREFIX, SPECS, locate
from getdsl.lsp.completion.candidates import Candidate

MANY = 200  # files that are offered


def used_paths(begun: str, beside: Path | None) -> Iterator[Candidate]:
    """Files and folders that go on with what is begun: the last part of a path is what is written."""
    if not begun or LIBRARY_PREFIX.startswith(begun):
        yield Candidate(LIBRARY_PREFIX, "file", "specs that come with getdsl", rank=1)
    folder = begun.rpartition("/")[0]
    if begun.startswith(LIBRARY_PREFIX):
        below = SPECS / folder.removeprefix(LIBRARY_PREFIX)
    else:
        below = locate(folder or ".", beside)
    for entry in _entries(below):
        if entry.is_dir():
            yield Candidate(f"{entry.name}/", "file", rank=3)
        elif entry.name.endswith(".get") and (beside is None or Path(entry.path) != beside):
            yield Candidate(entry.name, "file", rank=2)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            shown = [entry for entry in found if not entry.name.startswith(".")]
    except (OSError, ValueError, RuntimeError):
        return []
    return sorted(shown, key=lambda entry: entry.name)[:MANY]
