"""Plain data kept between processes in the user's cache: as JSON that says of itself whether it is whole."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

from getdsl.text.whole import whole_file


def read_kept(path: Path) -> Any:
    """What was kept in a file; None where it is absent, damaged, another's, or open to others' writing."""
    try:
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            if about.st_uid != os.getuid() or about.st_mode & stat.S_IWOTH:
                return None
            digest, _, content = file.read().partition(b"\n")
        return json.loads(content) if digest == _digest(content) else None
    except (OSError, ValueError, RecursionError):
        return None


def keep(path: Path, data: Any) -> None:
    """Keeps what `read_kept` then reads, tuples as lists; a cache that cannot be written is done without."""
    content = json.dumps(data, separators=(",", ":")).encode()
    with suppress(OSError), whole_file(path) as aside:
        aside.write_bytes(_digest(content) + b"\n" + content)


def cache_folder() -> Path:
    """Where this user's caches are."""
    from platformdirs import user_cache_path

    return user_cache_path("getdsl")


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
