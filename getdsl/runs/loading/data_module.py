"""Batches of a run, whose order follows from the seed and the epoch, and not from who reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

import torch
from lightning.pytorch import LightningDataModule
from torch.utils.data import DataLoader, Dataset, Sampler

from getdsl.compiler.sections.train import TrainSettings
from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource, Indices
from getdsl.data.sampling import evaluated, sampling_weights
from getdsl.runs.fitting.position import Position
from getdsl.runs.fitting.rounds import Rounds
from getdsl.runs.loading.batches import Batches, Order, TrainingBatches, batches_of
from getdsl.runs.loading.read_ahead import ReadAhead
from getdsl.runs.opened.samples import reading, refuse_gone_data, split_source
from getdsl.runs.opened.strands import Batch, reverse_complement_of
from getdsl.runs.ranks.sharing import Process


class Remaining(Sampler[tuple[int, int]]):
    """The batches that are left of the round at `position`, whenever it is asked."""

    def __init__(self, position: Position, rounds: Callable[[], Rounds]) -> None:
        self.position, self.rounds = position, rounds

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return self.position.round_left(self.rounds())

    def __len__(self) -> int:
        done = self.position.stage_batch
        return self.rounds().end(done) - done


class SpecData(LightningDataModule):
    """Loaders of one run. That of training starts at `position`, which a resumed run sets, every time anew.

    A pass over it is a round of `rounds`, which are those of the first stage until another is set.
    The loaders of training and validation keep their workers from epoch to epoch. `context` says how workers
    are started: `fork` or `spawn`, else as the system does.
    """

    def __init__(
        self,
        spec: Spec,
        settings: TrainSettings,
        source: DataSource,
        position: Position,
        context: str | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.source = source
        self.position = position
        self.context = context
        self.splits = split_source(spec, source)
        self.sampling = spec.data_settings
        with reading():
            weights = sampling_weights(source, self.sampling, self.splits.train)
        self.turn = reverse_complement_of(source, spec) if settings.reverse_complement else None
        self.workers = spec.data_settings.num_workers
        self.order = Order(self.splits.train, settings.batch_size, settings.seed, self.sampling, weights)
        self.rounds = Rounds.of(spec.training.stages[0], settings, self.batches_per_epoch)

    @property
    def batches_per_epoch(self) -> int:
        return len(self.order)

    def under_way(self) -> Indices:
        """The training samples of the batch at `position`, those of all processes."""
        parts = self.order.parts(self.position.epoch)
        return parts[min(self.position.batch, len(parts) - 1)]

    def train_dataloader(self) -> DataLoader[Batch]:
        """What is left of the round at `position`. Raises UserError where the data are gone by now."""
        refuse_gone_data(self.source)
        return self._training

    @cached_property
    def _training(self) -> DataLoader[Batch]:
        batches = TrainingBatches(self.source, self.order, self.turn, Process.current())
        remaining = Remaining(self.position, lambda: self.rounds)
        return self._loader(batches, sampler=remaining, keep_workers=True)

    def val_dataloader(self) -> DataLoader[Batch]:
        return self._validation

    @cached_property
    def _validation(self) -> DataLoader[Batch]:
        return self._measuring(self.measured("validation"), keep_workers=True)

    def measured(self, name: str) -> Indices:
        """The samples of a split that it is measured on."""
        return evaluated(getattr(self.splits, name), self.sampling)

    def loader_of(self, name: str) -> DataLoader[Batch]:
        """What a split is measured on, in its own order, its strands as they are."""
        return self.loader(self.measured(name))

    def loader(self, indices: Indices) -> DataLoader[Batch]:
        """Some samples in their order, their strands as they are."""
        return self._measuring(indices, keep_workers=False)

    def _measuring(self, indices: Indices, *, keep_workers: bool) -> DataLoader[Batch]:
        parts = batches_of(indices, self.settings.batch_size)
        batches = Batches(self.source, parts, Process.current())
        return self._loader(batches, keep_workers=keep_workers)

    def _loader(
        self, batches: Dataset[Batch], sampler: Sampler[tuple[int, int]] | None = None, *, keep_workers: bool
    ) -> DataLoader[Batch]:
        loader = DataLoader if self.workers else ReadAhead
        return loader(
            batches,
            batch_size=None,
            sampler=sampler,
            num_workers=self.workers,
            pin_memory=self._on_cuda,
            # of its own: without one each pass would draw from the global stream that dropout uses
            generator=torch.Generator(),
            persistent_workers=keep_workers and self.workers > 0,
            multiprocessing_context=self.context if self.workers else None,
        )

    @property
    def _on_cuda(self) -> bool:
        return self.trainer is not None and self.trainer.strategy.root_device.type == "cuda"
