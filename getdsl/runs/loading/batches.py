"""Batches by number: what is read of the data for each, in whatever process. Lightning is not imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import Dataset

from getdsl.compiler.sections.data import DataSettings
from getdsl.data.data_source import DataSource, Indices
from getdsl.data.draws import Draws, Floats
from getdsl.data.sampling import epoch_samples, epoch_size
from getdsl.runs.opened.samples import reading
from getdsl.runs.opened.strands import Batch, Turn, mix_strands
from getdsl.runs.ranks.sharing import Process

ALONE = Process()
EVERY_SAMPLE = DataSettings()
WHOLE = "getdsl: samples of the whole batch"  # a key that a share of a batch has beside those of the data


class Batches(Dataset[Batch]):
    """Batches by number, their samples as they are.

    One of several processes that measure together reads its share of each.
    """

    def __init__(self, source: DataSource, parts: Sequence[Indices], process: Process = ALONE) -> None:
        self.source = source
        self.parts = parts
        self.process = process

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, number: int) -> Batch:
        part = self.parts[number]
        with reading():
            batch = self.source.batch(self.process.share(part))
        return _of_whole(batch, part, self.process)


@dataclass(frozen=True)
class Order:
    """Which training samples the batches of an epoch hold."""

    samples: Indices
    batch_size: int
    seed: int
    sampling: DataSettings = EVERY_SAMPLE
    weights: Floats | None = None  # how often each sample is drawn, beside the others

    def parts(self, epoch: int) -> list[Indices]:
        """The samples of each batch."""
        samples = epoch_samples(self.samples, self.sampling, self.seed, epoch, self.weights)
        order = epoch_order(len(samples), self.seed, epoch)
        return batches_of(samples[order], self.batch_size)

    def __len__(self) -> int:
        return -(-epoch_size(self.samples, self.sampling) // self.batch_size)


class TrainingBatches(Dataset[Batch]):
    """Batches by epoch and number; samples are shifted and turned by chance.

    One of several processes that train together reads its share of each.
    """

    def __init__(self, source: DataSource, order: Order, turn: Turn | None, process: Process) -> None:
        self.source, self.order, self.turn, self.process = source, order, turn, process
        self._epoch, self._parts = -1, list[Indices]()

    def __getitem__(self, key: tuple[int, int]) -> Batch:
        epoch, number = key
        if epoch != self._epoch:
            self._epoch, self._parts = epoch, self.order.parts(epoch)
        whole = self._parts[number]
        part = self.process.share(whole)
        draws = Draws.of(self.order.seed, epoch, part)
        with reading():
            batch = self.source.batch(part, draws)
        if self.turn is not None:
            batch = mix_strands(batch, self.turn, torch.from_numpy(draws.flips))
        return _of_whole(batch, whole, self.process)


def _of_whole(batch: Batch, whole: Indices, process: Process) -> Batch:
    """A share that says of how many samples it is one."""
    return batch if process.world == 1 else {**batch, WHOLE: torch.tensor(len(whole))}


def batches_of(indices: Indices, size: int) -> list[Indices]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]


def epoch_order(samples: int, seed: int, epoch: int) -> Indices:
    """The order of an epoch's samples."""
    return np.random.default_rng([seed, epoch]).permutation(samples)
