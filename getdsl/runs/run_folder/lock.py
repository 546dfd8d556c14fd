"""Whose a run's folder is while the run goes on: two runs in one folder would spoil each other."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from getdsl.diagnostics import UserError
from getdsl.text.opener import MEBIBYTE, read_bytes

NAME = ".lock"


@contextmanager
def locked(folder: Path, doing: str = "trains into it") -> Iterator[None]:
    """Holds a folder, for this process alone, until the block ends; the lock of a dead process is no lock.

    `doing` is what messages say of its holder. Raises UserError where another process holds it, which is
    named, OSError where it cannot be written.
    """
    path = folder / NAME
    number = _taken(path, doing)
    try:
        os.truncate(number, 0)
        os.write(number, json.dumps(_about()).encode())
        yield
    finally:
        if _is_at(number, path):  # and not another's, where the folder was replaced
            path.unlink()  # while it is held: who opened it before sees that it is gone
        os.close(number)


def is_locked(folder: Path) -> bool:
    """Whether a process that lives holds a folder."""
    try:
        number = os.open(folder / NAME, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(number)
    return False


def _taken(path: Path, doing: str) -> int:
    """The open lock. Raises UserError where another process has it."""
    while True:
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(number)
            raise _in_use(path, doing) from None
        if _is_at(number, path):
            return number
        os.close(number)  # its owner ended, and took the file away, between the two steps


def _is_at(number: int, path: Path) -> bool:
    """Whether an open file still stands at its path."""
    try:
        return os.path.samestat(os.fstat(number), os.stat(path))
    except FileNotFoundError:
        return False


def _about() -> dict[str, Any]:
    return {"process": os.getpid(), "host": socket.gethostname(), "user": _user(), "since": time.time()}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have no name for it
        return str(os.getuid())


def _in_use(path: Path, doing: str) -> UserError:
    try:
        about = json.loads(read_bytes(path, MEBIBYTE))
        owner = f"process {about['process']} of {about['user']} on {about['host']}"
        since = f", since {_age(time.time() - about['since'])}"
    except (OSError, ValueError, KeyError, TypeError):
        owner, since = "another process", ""
    return UserError(
        f"`{path.parent}` is in use: {owner} {doing}{since}",
        "let it end, or end it, or name another folder with `-o`",
    )


def _age(seconds: float) -> str:
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {name}{'s' if number > 1 else ''}"
    return "less than a minute"


def refuse_gone(folder: Path) -> None:
    """Raises UserError where the folder of a run that goes on was taken away or replaced."""
    if not (folder / NAME).exists():
        raise UserError(
            f"`{folder}` was taken away while the run wrote into it",
            "nothing is written anew in its place; start the run again",
        )
