"""The hash of a file, which is computed once for as long as the file stays as it is."""

from __future__ import annotations

import hashlib
import os
from io import BufferedReader
from pathlib import Path
from typing import cast

from getdsl.text.kept import cache_folder, keep, read_kept
from getdsl.text.opener import open_file


def sha256_of(path: Path) -> str:
    """sha256 of the bytes, kept in the user's cache while path, size and time stay. Raises OSError.

    Of a folder, as zarr's are: of the names and the hashes of all files in it.
    """
    if path.is_dir():
        files = sorted(each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file())
        parts = "".join(f"{name} {sha256_of(path / name)}\n" for name in files)
        return hashlib.sha256(parts.encode(errors="surrogateescape")).hexdigest()
    about = os.stat(path)
    key = f"{path.resolve()} {about.st_size} {about.st_mtime_ns}".encode(errors="surrogateescape")
    kept = cache_folder() / "hashes" / f"{hashlib.sha256(key).hexdigest()[:24]}.json"
    found = read_kept(kept)
    if isinstance(found, str):
        return found
    digest = sha256_now(path)
    keep(kept, digest)
    return digest


def sha256_now(path: Path) -> str:
    """sha256 of the bytes as they are. Raises OSError."""
    with open_file(path) as file:
        return hashlib.file_digest(cast(BufferedReader, file), "sha256").hexdigest()
