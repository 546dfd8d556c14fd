"""Batches of a run, whose order follows from the seed and the epoch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from lightning.pytorch import LightningDataModule
from torch.utils.data import DataLoader, Dataset

from getdsl.compiler.sections.train import TrainSettings
from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource, Indices
from getdsl.data.draws import Draws
from getdsl.data.sampling import epoch_samples, epoch_size, evaluated, sampling_weights
from getdsl.runs.position import Position
from getdsl.runs.samples import reading, refuse_gone_data, split_source
from getdsl.runs.strands import Batch, Turn, mix_strands, reverse_complement_of


class Batches(Dataset[Batch]):
    """Whole batches by number; with a seed and an epoch, samples are shifted and turned by chance."""

    def __init__(
        self,
        source: DataSource,
        parts: Sequence[Indices],
        chance: tuple[int, int] | None = None,
        turn: Turn | None = None,
    ) -> None:
        self.source = source
        self.parts = parts
        self.chance = chance
        self.turn = turn

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, number: int) -> Batch:
        part = self.parts[number]
        draws = Draws.of(*self.chance, part) if self.chance is not None else None
        with reading():
            batch = self.source.batch(part, draws)
        if draws is None or self.turn is None:
            return batch
        return mix_strands(batch, self.turn, torch.from_numpy(draws.flips))


class SpecData(LightningDataModule):
    """Loaders of one run. The training loader starts at `position`, which a resumed run sets."""

    def __init__(self, spec: Spec, settings: TrainSettings, source: DataSource, position: Position) -> None:
        super().__init__()
        self.settings = settings
        self.source = source
        self.position = position
        self.splits = split_source(spec, source)
        self.sampling = spec.data_settings
        with reading():
            self.weights = sampling_weights(source, self.sampling, self.splits.train)
        self.turn = reverse_complement_of(source, spec) if settings.reverse_complement else None
        self.workers = spec.data_settings.num_workers

    @cached_property
    def batches_per_epoch(self) -> int:
        return -(-epoch_size(self.splits.train, self.sampling) // self.settings.batch_size)

    def train_dataloader(self) -> DataLoader[Batch]:
        """What is left of the epoch at `position`. Raises UserError where the data are gone by now."""
        refuse_gone_data(self.source)
        chance = self.settings.seed, self.position.epoch
        samples = epoch_samples(self.splits.train, self.sampling, *chance, self.weights)
        order = epoch_order(len(samples), *chance)
        parts = self._parts(samples[order])[self.position.batch :]
        return self._loader(Batches(self.source, parts, chance, self.turn))

    def val_dataloader(self) -> DataLoader[Batch]:
        return self.loader_of("validation")

    def measured(self, name: str) -> Indices:
        """The samples of a split that it is measured on."""
        return evaluated(getattr(self.splits, name), self.sampling)

    def loader_of(self, name: str) -> DataLoader[Batch]:
        """What a split is measured on, in its own order, its strands as they are."""
        return self.loader(self.measured(name))

    def loader(self, indices: Indices) -> DataLoader[Batch]:
        """Some samples in their order, their strands as they are."""
        return self._loader(Batches(self.source, self._parts(indices)))

    def _parts(self, indices: Indices) -> list[Indices]:
        size = self.settings.batch_size
        return [indices[start : start + size] for start in range(0, len(indices), size)]

    def _loader(self, batches: Batches) -> DataLoader[Batch]:
        # A generator of its own: without one each pass would draw from the global stream that dropout uses.
        return DataLoader(batches, batch_size=None, num_workers=self.workers, generator=torch.Generator())


def epoch_order(samples: int, seed: int, epoch: int) -> Indices:
    """The order of an epoch's samples."""
    return np.random.default_rng([seed, epoch]).permutation(samples)
