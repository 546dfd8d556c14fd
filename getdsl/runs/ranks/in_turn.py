"""Work of independent pieces, of which each process does some; the first has what comes of all, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

import torch.distributed as dist

from getdsl.runs.ranks.agreement import agreed, control
from getdsl.runs.ranks.sharing import Process

Task = TypeVar("Task")
Done = TypeVar("Done")


def in_turn(tasks: Iterable[Task], work: Callable[[Task], Done]) -> Iterator[Done]:
    """What `work` makes of each task, in their order; in a process after the first, nothing.

    A task is done whole by one process, so that the same comes of it as where one does all. What is wrong in
    one is raised in all.
    """
    process, left = Process.current(), iter(tasks)
    while some := list(islice(left, process.world)):
        own = some[process.rank : process.rank + 1]
        done = agreed(lambda own=own: [work(task) for task in own])  # type: ignore[misc]
        for part in _handed(done, process):
            yield from part


def _handed(value: Done, process: Process) -> list[Done]:
    """The values of all processes, by rank, in the first of them; none in the others."""
    if process.world == 1:
        return [value]
    found: list[Any] | None = [None] * process.world if process.first else None
    dist.gather_object(value, found, dst=0, group=control())
    return found or []
