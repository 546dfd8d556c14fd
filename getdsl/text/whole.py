"""Files and folders that are there whole or not at all: written aside, then renamed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path, *, private: bool = False, mode: int | None = None) -> Iterator[Path]:
    """A path to write to: it replaces `path` when the block ends well, and is gone when it does not.

    Who may read the file is for `mode` to say, else for the user's umask, or where it is `private` nobody
    but the user.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    aside = Path(name)
    try:
        yield aside
        with aside.open("rb") as written:
            os.fsync(written.fileno())
        if not private:
            aside.chmod(0o666 & ~_umask() if mode is None else mode)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to write into: it replaces `path` when the block ends well, and is gone when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield aside
        _as_usual(aside)
        put_in_place(aside, path)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def put_in_place(folder: Path, path: Path) -> None:
    """Renames a folder beside `path` to it; a folder that stands there is taken away."""
    if not path.exists():
        folder.rename(path)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{path.name}.old.", dir=path.parent))
    path.rename(old / path.name)
    folder.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def _as_usual(folder: Path) -> None:
    """Gives a folder and all that is in it the modes that new files have; some libraries write otherwise."""
    mask = _umask()
    for place in (folder, *folder.rglob("*")):
        if not place.is_symlink():
            place.chmod((0o777 if place.is_dir() else 0o666) & ~mask)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
