"""Batches of a run, whose order follows from the seed and the epoch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from lightning.pytorch import LightningDataModule
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from getdsl.compiler.sections.train import TrainSettings
from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource, Indices
from getdsl.runs.position import Position
from getdsl.runs.samples import reading, refuse_gone_data, split_source
from getdsl.runs.strands import Batch, Turn, mix_strands, reverse_complement_of


class Batches(Dataset[Batch]):
    """Whole batches by number; `flips` says which samples come from the other strand."""

    def __init__(
        self,
        source: DataSource,
        parts: Sequence[Indices],
        flips: Sequence[Tensor] = (),
        turn: Turn | None = None,
    ) -> None:
        self.source = source
        self.parts = parts
        self.flips = flips
        self.turn = turn

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, number: int) -> Batch:
        with reading():
            batch = self.source.batch(self.parts[number])
        if self.turn is None or not self.flips:
            return batch
        return mix_strands(batch, self.turn, self.flips[number])


class SpecData(LightningDataModule):
    """Loaders of one run. The training loader starts at `position`, which a resumed run sets."""

    def __init__(self, spec: Spec, settings: TrainSettings, source: DataSource, position: Position) -> None:
        super().__init__()
        self.settings = settings
        self.source = source
        self.position = position
        self.splits = split_source(spec, source)
        self.turn = reverse_complement_of(source, spec) if settings.reverse_complement else None
        self.workers = spec.section("data").get("num_workers", 0)

    @cached_property
    def batches_per_epoch(self) -> int:
        return -(-len(self.splits.train) // self.settings.batch_size)

    def train_dataloader(self) -> DataLoader[Batch]:
        """What is left of the epoch at `position`. Raises UserError where the data are gone by now."""
        refuse_gone_data(self.source)
        order, flips = epoch_order(len(self.splits.train), self.settings.seed, self.position.epoch)
        parts = self._parts(self.splits.train[order])
        turned = torch.split(torch.from_numpy(flips), self.settings.batch_size)
        first = self.position.batch
        return self._loader(Batches(self.source, parts[first:], turned[first:], self.turn))

    def val_dataloader(self) -> DataLoader[Batch]:
        return self.loader_of("validation")

    def loader_of(self, name: str) -> DataLoader[Batch]:
        """A split in its own order, its strands as they are."""
        return self._loader(Batches(self.source, self._parts(getattr(self.splits, name))))

    def _parts(self, indices: Indices) -> list[Indices]:
        size = self.settings.batch_size
        return [indices[start : start + size] for start in range(0, len(indices), size)]

    def _loader(self, batches: Batches) -> DataLoader[Batch]:
        # A generator of its own: without one each pass would draw from the global stream that dropout uses.
        return DataLoader(batches, batch_size=None, num_workers=self.workers, generator=torch.Generator())


def epoch_order(samples: int, seed: int, epoch: int) -> tuple[Indices, NDArray[np.bool_]]:
    """The order of an epoch's samples, and which of them are read from the other strand."""
    random = np.random.default_rng([seed, epoch])
    return random.permutation(samples), random.random(samples) < 0.5
