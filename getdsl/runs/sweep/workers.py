"""Who trains the points: a process of this machine, several by Dask, or those of a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context

from getdsl.runs.opened.options import Options
from getdsl.runs.sweep.carry_out import KILLED, Outcome, carry_out, failed
from getdsl.runs.sweep.points import Point

Done = Iterator[tuple[Point, Outcome | None]]


@dataclass(frozen=True)
class Workers:
    number: int = 1
    scheduler: str | None = None

    def carry_out(self, points: Sequence[Point], options: Options) -> Done:
        """The points as they are done, with their outcomes; those of this machine also when they begin."""
        if self.number == 1 and self.scheduler is None:
            return _one_after_another(points, options)
        return _elsewhere(points, options, self.number, self.scheduler)


def _one_after_another(points: Sequence[Point], options: Options) -> Done:
    """In a process beside this one, so that a point whose process is killed does not end the sweep."""
    pool = None
    try:
        for point in points:
            yield point, None
            pool = pool or ProcessPoolExecutor(1, mp_context=get_context("spawn"))
            try:
                yield point, _result(pool.submit(carry_out, point, options))
            except BrokenProcessPool:
                pool = None
                yield point, failed(point, KILLED)
    finally:
        if pool is not None:
            pool.shutdown()


def _result(running: Future[Outcome]) -> Outcome:
    """The outcome; after a Ctrl-C, which the other process hears too, once it has saved its checkpoint."""
    try:
        return running.result()
    except KeyboardInterrupt:
        running.exception()
        raise


def _elsewhere(points: Sequence[Point], options: Options, workers: int, scheduler: str | None) -> Done:
    from getdsl.runs.preparing.cluster import connected

    with ExitStack() as stack:
        distributed, client = connected(stack, workers, scheduler)
        futures = {client.submit(carry_out, point, options, pure=False): point for point in points}
        for future in distributed.as_completed(futures):
            point = futures[future]
            error = future.exception()
            if error is None:
                yield point, future.result()
            elif isinstance(error, distributed.scheduler.KilledWorker):
                yield point, failed(point, KILLED)
            else:
                yield point, failed(point, f"{type(error).__name__}: {error}")
