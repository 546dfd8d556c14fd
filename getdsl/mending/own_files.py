"""Which files of a spec are the user's to change."""

from __future__ import annotations

import os
import stat
import sysconfig
from collections.abc import Container
from functools import cache
from pathlib import Path

from getdsl.compiler.constants.paths import PACKAGE
from getdsl.diagnostics import Fix

WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH  # which is nothing to root, who may write all


def place_of(fix: Fix, files: Container[str]) -> Path | None:
    """The resolved path of the file that a fix changes, where it is one of a spec's."""
    path = fix.edits[0].span.file.path
    if path is None:
        return None
    place = os.path.realpath(path)
    return Path(place) if place in files else None


def stands_open(path: Path) -> bool:
    """Whether a file is the user's to change: not the library's, no installed package's, not read-only."""
    writable = path.stat().st_mode & WRITABLE and os.access(path, os.W_OK)
    return bool(writable) and not any(map(path.is_relative_to, _installed()))


@cache
def _installed() -> tuple[Path, ...]:
    """The folders of packages, ours among them."""
    named = (sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib"))
    return tuple(Path(os.path.realpath(path)) for path in (str(PACKAGE), *named))
