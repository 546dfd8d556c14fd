"""The archive around a torch checkpoint, and how it is told from other archives."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from getdsl.weights.archive import Archive, entries_of, read_records
from getdsl.weights.errors import CheckpointError

OTHERS = (  # a part by which an archive is known, what that is, and what to do
    (
        "constants.pkl",
        "a TorchScript program, not a checkpoint",
        "save its weights: `torch.save(torch.jit.load(path).state_dict(), new_path)`",
    ),
    (
        "archive_format",
        "an exported program (`torch.export`), not a checkpoint",
        "save its weights: `torch.save(torch.export.load(path).state_dict, new_path)`",
    ),
    (
        ".data/extern_modules",
        "a package of code (`torch.package`), not a checkpoint",
        "save the model's state_dict with `torch.save`",
    ),
)


def read_archive(path: Path, file: BinaryIO, size: int) -> Archive:
    """The records of a torch archive: within the file, apart from each other.

    Raises CheckpointError for any other archive, and for one whose directory does not fit its content.
    """
    entries = entries_of(path, file)
    names = [entry.filename for entry in entries]
    root = names[0].partition("/")[0] + "/" if names else ""
    for part, what, help in OTHERS:
        if root + part in names:
            raise CheckpointError(f"`{path}` is {what}", help)
    if not _is_of_torch(names, root):
        raise CheckpointError(
            f"`{path}` is a zip archive, but not one that torch wrote",
            "name a checkpoint, such as `torch.save` writes",
        )
    return read_records(path, file, size, entries, root)


def _is_of_torch(names: Collection[str], root: str) -> bool:
    return root != "/" and f"{root}data.pkl" in names and all(name.startswith(root) for name in names)
