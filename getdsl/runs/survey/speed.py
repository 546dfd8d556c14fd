"""How fast the samples of an epoch are read."""

from __future__ import annotations

import time
from typing import NamedTuple

from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource
from getdsl.runs.fitting.position import Position
from getdsl.runs.loading.data_module import SpecData

SECONDS = 3.0


class Speed(NamedTuple):
    """Samples that were read in some seconds, after the first batch, in batches of a training."""

    samples: int
    seconds: float
    batch: int
    workers: int

    @property
    def rate(self) -> float:
        """Samples a second."""
        return self.samples / self.seconds if self.seconds else 0.0


def read_speed(spec: Spec, source: DataSource, seconds: float = SECONDS) -> Speed:
    """Reads as training does, for about `seconds` or one epoch."""
    data = SpecData(spec, spec.train, source, Position())
    batches = iter(data.train_dataloader())
    next(batches)  # opens what is opened once
    samples, start = 0, time.perf_counter()
    for batch in batches:
        samples += len(next(iter(batch.values())))
        if time.perf_counter() - start >= seconds:
            break
    return Speed(samples, time.perf_counter() - start, spec.train.batch_size, data.workers)
