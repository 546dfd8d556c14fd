"""Open files of several processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """What each process opens for itself: open files are neither forked nor pickled along."""

    def __init__(self, open: Callable[[], T]) -> None:
        self._open = open
        self._process = -1

    def get(self) -> T:
        if self._process != os.getpid():
            self._value = self._open()
            self._process = os.getpid()
        return self._value

    def __getstate__(self) -> dict[str, Any]:
        return {"_open": self._open, "_process": -1}
