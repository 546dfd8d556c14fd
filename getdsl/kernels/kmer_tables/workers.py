"""Threads for kernels that release the interpreter's lock, as many as torch uses."""

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch

_pool: ThreadPoolExecutor | None = None
_size = 0


def run_all(work: Callable[[int, int], None], items: int) -> None:
    """Calls `work(item, worker)` for every item; a worker, of `workers(items)`, does one at a time."""
    count = workers(items)
    if count <= 1:
        for item in range(items):
            work(item, 0)
        return
    numbers = itertools.count()  # the next item for whoever is free

    def share(worker: int) -> None:
        while (item := next(numbers)) < items:
            work(item, worker)

    others = [_threads(count - 1).submit(share, worker) for worker in range(1, count)]
    try:
        share(0)
    finally:
        for other in others:
            other.result()


def workers(items: int) -> int:
    return min(torch.get_num_threads(), items)


def _threads(count: int) -> ThreadPoolExecutor:
    global _pool, _size
    if _pool is None or _size < count:
        _pool, _size = ThreadPoolExecutor(count, "getdsl-kernels"), count
    return _pool


def _forget() -> None:
    """A forked process has none of its parent's threads."""
    global _pool, _size
    _pool, _size = None, 0


os.register_at_fork(after_in_child=_forget)
