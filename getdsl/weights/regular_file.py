"""Files opened only where they are files: a pipe would wait for ever, a device may do anything."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from getdsl.weights.errors import CheckpointError

KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """The file, open for reading. A symbolic link is followed, and what it leads to must be a file.

    Raises CheckpointError where nothing, or something else, stands there, or where it may not be read.
    """
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        dangling = ", it is a link that leads nowhere" if path.is_symlink() else ""
        raise CheckpointError(f"there is no checkpoint `{path}`{dangling}", "check the path") from error
    except OSError as error:
        raise unreadable(path, error) from error
    with os.fdopen(number, "rb") as file:
        mode = os.fstat(number).st_mode
        if not stat.S_ISREG(mode):
            what = next((name for test, name in KINDS if test(mode)), "no file")
            raise CheckpointError(f"`{path}` is {what}, not a checkpoint", "name a file")
        try:
            yield file
        except OSError as error:
            raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> CheckpointError:
    why = (error.strerror or str(error)).lower()
    return CheckpointError(f"cannot read `{path}`: {why}", "check the path and who may read it")


def stamp(file: BinaryIO) -> tuple[int, int]:
    """The bytes of an open file, and when it was last changed, in ns."""
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns
