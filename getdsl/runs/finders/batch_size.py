"""How fast a training goes by its batch size, and which sizes fit the memory."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import torch

from getdsl.runs.finders.trial import Trial
from getdsl.text.opener import MEBIBYTE, read_text

NEARLY = 0.95  # of the highest speed is as good
STEPS = 3  # that are timed, after one that warms up


class Tried(NamedTuple):
    """A batch size: samples a second, and the most memory that was held, in bytes."""

    size: int
    speed: float
    memory: int


def try_sizes(make: Callable[[int], Trial], first: int, largest: int) -> Iterator[Tried]:
    """Doubles the size from `first` on, until `largest`, all samples, or the end of the memory."""
    size = first
    while size <= largest:
        before = _held("cpu")
        try:
            trial = make(size)
            found = _try(trial, size)
        except (torch.OutOfMemoryError, MemoryError):
            return
        yield found
        if size >= len(trial.data.splits.train):
            return
        if trial.device == "cpu" and found.memory - before > _left() / 2:
            return  # twice as much would not fit, and the system would end the process
        size *= 2


def suggested(tried: list[Tried]) -> Tried:
    """The smallest size that is nearly as fast as the fastest."""
    fastest = max(item.speed for item in tried)
    return next(item for item in tried if item.speed >= NEARLY * fastest)


def _try(trial: Trial, size: int) -> Tried:
    batch = trial.batch(0)
    if trial.device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    trial.step(batch)
    start = time.perf_counter()
    for _ in range(STEPS):
        trial.step(batch)
    samples = next(iter(batch.values())).shape[0]
    return Tried(size, STEPS * samples / (time.perf_counter() - start), _held(trial.device))


def _held(device: str) -> int:
    """The most memory held so far, in bytes."""
    if device == "cuda":
        return int(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _left() -> float:
    """Bytes of memory that the system could still give; as many as one likes where it does not say."""
    with suppress(OSError):
        for line in read_text(Path("/proc/meminfo"), MEBIBYTE).splitlines():
            if line.startswith("MemAvailable"):
                return float(line.split()[1]) * 1024
    return float("inf")
