"""Ctrl-C and requests to end, without Lightning's own way of leaving."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Handler = Callable[[int, FrameType | None], None]


class Interrupted(BaseException):
    """A signal ended the work; what was saved is whole."""

    def __init__(self, signum: int) -> None:
        self.signum = signum
        super().__init__(signum)


def leave(number: int, frame: FrameType | None) -> None:
    raise Interrupted(number)


@contextmanager
def on_signals(handler: Handler = leave) -> Iterator[None]:
    """Ctrl-C, SIGTERM and SIGHUP call `handler`, and what is ignored, as under `nohup`, stays so.

    Only the main thread can set that; in others they do as before.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [number for number in ASKING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heard}
    try:
        yield
    finally:
        for number, handler_before in before.items():
            signal.signal(number, handler_before)
