"""The one opener of files to read: a pipe would wait for ever, a device do anything, a huge file fill memory.

What is refused is an OSError, with the reason as its `strerror`.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

MEBIBYTE = 1 << 20
SHIPPED = 16 * MEBIBYTE  # at most, of a file that comes with the package
KINDS = (
    (stat.S_ISFIFO, "it is a pipe, not a file"),
    (stat.S_ISSOCK, "it is a socket, not a file"),
    (stat.S_ISCHR, "it is a device, not a file"),
    (stat.S_ISBLK, "it is a device, not a file"),
)


class NotAFileError(OSError):
    """Something stands there that is neither a file nor a folder."""


class TooLargeError(OSError):
    """A file that holds more than its reader takes."""


@contextmanager
def open_file(path: str | Path) -> Iterator[BinaryIO]:
    """A regular file, open for reading. A symbolic link is followed, and what it leads to must be one.

    Raises OSError: FileNotFoundError, IsADirectoryError, NotAFileError, or what the system says.
    """
    try:
        _refuse_others(os.stat(path).st_mode, path)  # before it is opened, which a device may notice
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:  # a null character, which no name has
        raise FileNotFoundError(errno.ENOENT, "there is no such file", str(path)) from error
    with os.fdopen(number, "rb") as file:
        _refuse_others(os.fstat(number).st_mode, path)
        yield file


def _refuse_others(mode: int, path: str | Path) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not stat.S_ISREG(mode):
        what = next((what for test, what in KINDS if test(mode)), "it is no file")
        raise NotAFileError(errno.EINVAL, what, str(path))


def read_bytes(path: str | Path, most: int) -> bytes:
    """What a file holds. Raises OSError, TooLargeError where that is more than `most` bytes."""
    with open_file(path) as file:
        return read_at_most(file, most, path)


def read_at_most(file: BinaryIO, most: int, path: str | Path) -> bytes:
    """What is left of an open file, however large it claims to be. Raises TooLargeError."""
    data = file.read(most + 1)
    if len(data) > most:
        raise TooLargeError(errno.EFBIG, f"it holds more than {most:,} bytes", str(path))
    return data


def read_text(path: str | Path, most: int) -> str:
    """A file as UTF-8 text, a byte order mark left out. Raises OSError, and UnicodeDecodeError."""
    return read_bytes(path, most).decode("utf-8-sig")


def is_private(place: BinaryIO | Path) -> bool:
    """Whether an open file or a folder is this user's, and nobody else can write into it. Raises OSError."""
    about = place.stat() if isinstance(place, Path) else os.fstat(place.fileno())
    return about.st_uid == os.getuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
