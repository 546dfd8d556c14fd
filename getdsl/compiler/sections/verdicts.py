"""Which settings were found right before: importing jsonschema takes a fifth of the time of a whole `check`.

Each verdict is a line, the hash of a schema and a value, in a file of the user's cache directory.
Only what is right is kept; what is wrong is validated, and told, every time.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from functools import cache
from pathlib import Path

from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.sections.schema import Schema
from getdsl.text.opener import is_private, open_file, read_at_most

LARGEST = 1_000_000  # bytes of the file, from which it is begun anew


def key_of(rules: Schema, value: Constant) -> str | None:
    """The verdict's line; None for a value that JSON cannot write."""
    try:
        text = json.dumps([rules, value], sort_keys=True)
    except TypeError:
        return None
    return hashlib.sha256(text.encode()).hexdigest()


def found_right(key: str | None) -> bool:
    return key is not None and key in _known()


def keep(key: str | None) -> None:
    """Remembers a verdict, where the cache directory can be written."""
    if key is None or key in _known():
        return
    _known().add(key)
    path = _path()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not _may_go_on(path):
            path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        with path.open("a", encoding="ascii") as file:
            file.write(f"{key}\n")  # one short write: lines of several processes do not mix


def _may_go_on(path: Path) -> bool:
    """Whether the file is this user's own, and small enough to be added to."""
    try:
        with open_file(path) as file:
            return is_private(file) and path.stat().st_size < LARGEST
    except OSError:
        return False


@cache
def _known() -> set[str]:
    try:
        with open_file(_path()) as file:
            text = read_at_most(file, 2 * LARGEST, _path()).decode("ascii") if is_private(file) else ""
        return set(text.split())
    except (OSError, UnicodeDecodeError):
        return set()


def _path() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("getdsl") / "verdicts.txt"
