"""The records of a FASTA file as samples, for models that read one sequence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from torch import Tensor

from getdsl.data.data_source import Indices
from getdsl.data.draws import Draws
from getdsl.data.errors import DataError
from getdsl.data.genome import Genome
from getdsl.data.hashing import sha256_of
from getdsl.data.readers.sequence import Sequence
from getdsl.data.table import Column

Batch = dict[str, Tensor]


class Records:
    """Each record of a FASTA is a sample: one batch key, its DNA one-hot, as it stands there.

    All records are `length` bp long; without it as long as the first. Raises DataError.
    """

    def __init__(self, path: Path, key: str, length: int | None = None) -> None:
        self.path, self.key = str(path), key
        self._genome = Genome(path)
        self.lengths = self._genome.lengths
        self._names = np.array(list(self.lengths))
        self.length = length or next(iter(self.lengths.values()))
        self._refuse_other_lengths("the first record has" if length is None else "the model takes")
        self._reader = Sequence(length=self.length)

    def _refuse_other_lengths(self, whose: str) -> None:
        for number, (name, found) in enumerate(self.lengths.items(), 1):
            if found != self.length:
                problem = f"record {number}, {name}, has {found:,} bp, and {whose} {self.length:,}"
                how = "cut it" if found > self.length else "lengthen it, with N where nothing is known,"
                raise DataError(self.path, problem, f"{how} to {self.length:,} bp, or leave it out")

    def __len__(self) -> int:
        return len(self._names)

    @property
    def chromosomes(self) -> Column:
        return self._names

    @property
    def table(self) -> dict[str, Column]:
        start = np.zeros(len(self), np.int64)
        return {
            "name": self._names,
            "chrom": self._names,
            "start": start,
            "end": start + self.length,
            "strand": np.full(len(self), "+"),
        }

    def batch(self, indices: Indices, draws: Draws | None = None) -> Batch:
        codes = [self._genome.codes(name, 0, self.length) for name in self._names[indices].tolist()]
        return {self.key: self._reader.tensor(np.stack(codes), np.zeros(len(codes), np.int64))}

    @property
    def reverse_complement(self) -> Callable[[Batch], Batch]:
        return lambda batch: {name: self._reader.reverse_complement(value) for name, value in batch.items()}

    def fingerprint(self) -> str:
        return sha256_of(Path(self.path))
