"""Hashes of whole files, read piece by piece."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from getdsl.weights.errors import CheckpointError
from getdsl.weights.regular_file import open_regular

CHUNK = 1 << 22


def sha256_of(paths: Sequence[Path]) -> str:
    """The sha256 of a file; of several, that of one after the other, as `cat` joins them."""
    digest = hashlib.sha256()
    for path in paths:
        with open_regular(path) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def check_sha256(paths: Sequence[Path], wanted: str) -> str:
    """The sha256 of a checkpoint, of a sharded one that of its index followed by its parts in order of name.

    Raises CheckpointError where it is not the `wanted` one.
    """
    expected, found = normal_sha256(wanted), sha256_of(paths)
    if found != expected:
        raise CheckpointError(
            f"`{paths[0]}` is not the file that `sha256` names: its sha256 is {found}",
            "take the right file; or, if this one is right, correct `sha256`",
        )
    return found


def normal_sha256(text: str) -> str:
    """A sha256 as 64 small hex digits. Raises CheckpointError for anything else."""
    plain = text.strip().lower().removeprefix("sha256:")
    if not re.fullmatch("[0-9a-f]{64}", plain):
        raise CheckpointError(f"`{text}` is no sha256", "it has 64 hex digits; `sha256sum FILE` prints it")
    return plain
