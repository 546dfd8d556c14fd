"""Plain data kept between processes in the user's cache: as JSON that says of itself whether it is whole."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from getdsl.text.opener import MEBIBYTE, is_private, open_file, read_at_most
from getdsl.text.whole import whole_file

MOST = 256 * MEBIBYTE


def read_kept(path: Path) -> Any:
    """What was kept in a file; None where it is absent, damaged, another's, or open to others' writing."""
    try:
        with open_file(path) as file:
            if not is_private(file):
                return None
            digest, _, content = read_at_most(file, MOST, path).partition(b"\n")
        return json.loads(content) if digest == _digest(content) else None
    except (OSError, ValueError, RecursionError):
        return None


def keep(path: Path, data: Any) -> None:
    """Keeps what `read_kept` then reads, tuples as lists; a cache that cannot be written is done without."""
    content = json.dumps(data, separators=(",", ":")).encode()
    with suppress(OSError), whole_file(path, private=True) as aside:
        aside.write_bytes(_digest(content) + b"\n" + content)


def cache_folder() -> Path:
    """Where this user's caches are."""
    from platformdirs import user_cache_path

    return user_cache_path("getdsl")


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
