"""Which samples are whose, where several processes work on them together. Lightning is not imported."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch.distributed as dist

from getdsl.data.data_source import Indices


@dataclass(frozen=True)
class Process:
    """One of the processes that work together, by its rank among them."""

    rank: int = 0
    world: int = 1

    @staticmethod
    def current() -> Process:
        """This one, as its process group knows it; alone where there is none."""
        if dist.is_available() and dist.is_initialized():
            return Process(dist.get_rank(), dist.get_world_size())
        return Process()

    @property
    def first(self) -> bool:
        """Whether this is the one that writes and prints."""
        return self.rank == 0

    def own(self, part: Indices) -> Indices:
        """What this process has of some samples: together they have each once, in their order."""
        return np.array_split(part, self.world)[self.rank]

    def share(self, part: Indices) -> Indices:
        """The same, but never nothing: of samples that are too few for all, some are read again."""
        return self.own(part if len(part) >= self.world else np.resize(part, self.world))

    def sizes(self, samples: int) -> list[int]:
        """How many of so many samples are each process's own."""
        return [len(part) for part in np.array_split(np.arange(samples), self.world)]
