"""The archive around a torch checkpoint, and how it is told from other archives."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import BinaryIO

from getdsl.weights.archive import Archive, entries_of, read_records, refuse_encrypted
from getdsl.weights.errors import CheckpointError


def read_archive(path: Path, file: BinaryIO, size: int) -> Archive:
    """The records of a torch archive: stored as they are, within the file, apart from each other.

    Raises CheckpointError for any other archive, and for one whose directory does not fit its content.
    """
    entries = entries_of(path, file)
    root = entries[0].filename.partition("/")[0] + "/" if entries else ""
    for entry in entries:
        _check_entry(path, entry, root)
    archive = read_records(path, file, size, entries, root)
    if "data.pkl" not in archive.records:
        raise _not_of_torch(path)
    if "constants.pkl" in archive.records:
        raise CheckpointError(
            f"`{path}` is a TorchScript program, not a checkpoint",
            "save its weights: `torch.save(torch.jit.load(path).state_dict(), new_path)`",
        )
    return archive


def _check_entry(path: Path, entry: zipfile.ZipInfo, root: str) -> None:
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
        raise CheckpointError(
            f"`{path}` is an archive with compressed parts (`{entry.filename}`), which torch never writes",
            "unpack it, and name the checkpoint inside; or save it anew with `torch.save`",
        )
    refuse_encrypted(path, entry)
    if not entry.filename.startswith(root) or root == "/" or entry.filename == root:
        raise _not_of_torch(path)


def _not_of_torch(path: Path) -> CheckpointError:
    return CheckpointError(
        f"`{path}` is a zip archive, but not one that torch wrote",
        "name a checkpoint, such as `torch.save` writes",
    )
