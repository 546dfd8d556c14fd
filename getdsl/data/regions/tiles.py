"""The source `Tiles`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from getdsl.data.errors import DataError, suggest
from getdsl.data.genome import Genome
from getdsl.data.table import RegionTable


class Tiles:
    """Regions of `width` bp, every `step` bp of the genome."""

    def __init__(
        self, *, width: int, step: int | None = None, chromosomes: Sequence[str] | None = None
    ) -> None:
        self.width, self.step, self.chromosomes = width, step or width, chromosomes

    def table(self, genome: Genome | None, renamed: Mapping[str, str]) -> RegionTable:
        """All regions, without strands. Raises DataError where there is no genome, or none that fits."""
        if genome is None:
            raise DataError("data", "`Tiles` needs a genome", 'add `genome = "genome.fa.gz"` to `data`')
        wanted = self.chromosomes if self.chromosomes is not None else genome.lengths
        for name in wanted:
            if name not in genome.lengths:
                problem = f"it has no {name}, which `Tiles` names"
                raise DataError(genome.path, problem, suggest(name, genome.lengths))
        number = {name: at for at, name in enumerate(genome.lengths)}
        starts = [np.arange(0, genome.lengths[name] - self.width + 1, self.step) for name in wanted]
        start = np.concatenate([np.empty(0, np.int64), *starts])
        if not len(start):
            problem = f"none of its chromosomes has {self.width:,} bp"
            raise DataError(genome.path, problem, "write a smaller `width`")
        chrom = np.repeat([number[name] for name in wanted], [len(some) for some in starts])
        names = np.array(list(genome.lengths), str)[chrom]
        return RegionTable(
            tuple(genome.lengths),
            chrom.astype(np.int32),
            start,
            start + self.width,
            np.zeros(len(start), np.int8),
            np.array([f"{name}:{at}" for name, at in zip(names, start.tolist(), strict=True)], str),
            (genome.path,),
            np.zeros(len(start), np.int16),
            np.arange(1, len(start) + 1, dtype=np.int32),
        )
