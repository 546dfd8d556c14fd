"""What is made of a data file to read it in parts: kept in the user's cache while the file stays as it is."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from getdsl.text.kept import cache_folder

CACHE = "make room there, or set XDG_CACHE_HOME to a folder that can be written"
"""What to do where the cache cannot be written."""


def derived(path: Path, what: str) -> Path:
    """Where the cache has `what` was made of a file, by its path, size and time. Raises OSError."""
    about = os.stat(path)
    key = f"{path.resolve()} {about.st_size} {about.st_mtime_ns}".encode(errors="surrogateescape")
    return cache_folder() / "derived" / f"{path.name}-{hashlib.sha256(key).hexdigest()[:16]}-{what}"
