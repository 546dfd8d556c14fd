"""Compilation of the CPU kernels with numba, kept on disk between processes."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core import config as numba_config
from numba.core.caching import FunctionCache
from platformdirs import user_cache_dir

from getdsl.text.opener import SHIPPED, is_private, read_bytes

config: Any = numba_config  # its settings are made at run time


def compiled(function: Callable[..., Any]) -> Any:
    """The function as machine code, made on its first call; it runs without the interpreter's lock."""
    with _cache_folder() as kept:
        made: Any = numba.njit(nogil=True, cache=kept)(function)
        if kept:
            made._cache = _Kept(function)  # type: ignore[no-untyped-call]
        return made


class _Kept(FunctionCache):
    """numba's cache of one function, which is begun anew where it is damaged."""

    def load_overload(self, *arguments: Any) -> Any:
        try:
            return super().load_overload(*arguments)  # type: ignore[no-untyped-call]
        except Exception:  # whatever a damaged pickle raises
            self.flush()  # type: ignore[no-untyped-call]
            return None


def inlined(function: Callable[..., Any]) -> Any:
    """A function that is written into those that call it."""
    return numba.njit(inline="always")(function)


@contextmanager
def _cache_folder() -> Iterator[bool]:
    """numba's cache in the user's own folder, unless the user has named one; other packages keep theirs.

    Whether there is one: where none can be written each process compiles, for numba would turn to folders
    beside the source, in which it misses changes. numba's files are pickles, so a folder that is another
    user's, or that others can write into, is none.
    """
    before = config.CACHE_DIR
    if not before:
        config.CACHE_DIR = _folder()
    try:
        yield _writable(config.CACHE_DIR)
    finally:
        config.CACHE_DIR = before


@cache
def _writable(folder: str) -> bool:
    try:
        Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        return is_private(Path(folder)) and os.access(folder, os.W_OK)
    except OSError:
        return False


@cache
def _folder() -> str:
    """A folder for this very source: numba sees a change in a function's file, not in what it calls."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(read_bytes(path, SHIPPED))
    return str(Path(user_cache_dir("getdsl")) / "machine_code" / digest.hexdigest()[:16])
