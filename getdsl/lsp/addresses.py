"""Addresses of documents, `file:///a%20b.get`, and the files that they name."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit


def path_of(uri: str) -> Path | None:
    """The file of an address, without symbolic links; None for `untitled:` and other documents."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    path = unquote(parts.path, errors="surrogateescape")
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or "\0" in path or not path:
        return None
    return Path(os.path.realpath(path))


def uri_of(path: Path) -> str:
    return path.absolute().as_uri()
