"""The hash of a file or folder, which is computed once for as long as it stays as it is."""

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

    Of a folder it is that of the names and hashes of its files.
    """
    kept = cache_folder() / "hashes" / f"{stamp_of(path)[:24]}.json"
    found = read_kept(kept)
    if isinstance(found, str):
        return found
    digest = _of_folder(path) if path.is_dir() else sha256_now(path)
    keep(kept, digest)
    return digest


def stamp_of(path: Path) -> str:
    """What changes when a file does, or a file of a folder: from path, size and time. Raises OSError."""
    if not path.is_dir():
        about = os.stat(path)
        key = f"{path.resolve()} {about.st_size} {about.st_mtime_ns}".encode(errors="surrogateescape")
        return hashlib.sha256(key).hexdigest()
    digest = hashlib.sha256(str(path.resolve()).encode(errors="surrogateescape"))
    for file in files_in(path):
        digest.update(f"{file.relative_to(path)} {stamp_of(file)}".encode(errors="surrogateescape"))
    return digest.hexdigest()


def files_in(folder: Path) -> list[Path]:
    """All files of a folder and those in it, in order."""
    return sorted(Path(root) / name for root, _, names in os.walk(folder) for name in names)


def sha256_now(path: Path) -> str:
    """sha256 of a file's bytes as they are. Raises OSError."""
    with open_file(path) as file:
        return hashlib.file_digest(cast(BufferedReader, file), "sha256").hexdigest()


def _of_folder(path: Path) -> str:
    digest = hashlib.sha256()
    for file in files_in(path):
        digest.update(f"{file.relative_to(path)} {sha256_now(file)}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()
