"""Files opened only where they are files: a pipe would wait for ever, a device may do anything."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from getdsl.text.opener import NotAFileError, open_file
from getdsl.weights.errors import CheckpointError


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """The file, open for reading. A symbolic link is followed, and what it leads to must be a file.

    Raises CheckpointError where nothing, or something else, stands there, or where it may not be read.
    """
    try:
        with open_file(path) as file:
            yield file
    except FileNotFoundError as error:
        dangling = ", it is a link that leads nowhere" if path.is_symlink() else ""
        raise CheckpointError(f"there is no checkpoint `{path}`{dangling}", "check the path") from error
    except (IsADirectoryError, NotAFileError) as error:
        what = str(error.strerror).removeprefix("it is ").removesuffix(", not a file")
        raise CheckpointError(f"`{path}` is {what}, not a checkpoint", "name a file") from error
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> CheckpointError:
    why = (error.strerror or str(error)).lower()
    return CheckpointError(f"cannot read `{path}`: {why}", "check the path and who may read it")


def stamp(file: BinaryIO) -> tuple[int, int]:
    """The bytes of an open file, and when it was last changed, in ns."""
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns
