"""The reader `Sequence`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from getdsl.data.errors import DataError
from getdsl.data.places import Ints, Places
from getdsl.data.reader import Array, Context, Reader, cropped
from getdsl.formats.fasta import Codes, reverse_complement

_ONE_HOT = np.eye(5, 4, dtype=np.float32).view(np.complex128)[:, 0]
"""Row 4, N, is all zeros. A row is one number of 16 bytes, which numpy takes as fast as memory gives it."""


class Sequence(Reader):
    """DNA around the centre of each region, read as codes [n, length] of one byte."""

    def __init__(self, *, length: int, jitter: int = 0) -> None:
        self.length = length
        self.jitter = jitter

    def open(self, context: Context) -> None:
        if context.genome is None:
            problem, fix = "`Sequence` needs a genome", 'add `genome = "genome.fa.gz"` to `data`'
            raise DataError("data", problem, fix)
        self._genome = context.genome

    def files(self) -> tuple[Path, ...]:
        return (self._genome.path,)

    def read(self, places: Places) -> Codes:
        found = np.empty((len(places), self.length + 2 * self.jitter), np.uint8)
        for row, place in enumerate(places.resized(found.shape[1])):
            found[row] = self._genome.codes(place.chrom, place.start, place.end)
        backwards = places.strand < 0
        found[backwards] = reverse_complement(found[backwards])
        return found

    def tensor(self, values: Array, shifts: Ints) -> Tensor:
        """[n, length, 4] of float32, channels A C G T."""
        codes = cropped(values, self.length, shifts)
        hot = _ONE_HOT.take(codes, mode="clip")  # codes are 0 to 4; clipping spares a look at each
        return torch.from_numpy(hot.view(np.float32).reshape(*codes.shape, 4))

    def reverse_complement(self, values: Tensor) -> Tensor:
        """A C G T backwards is their complement."""
        return values.flip(-1, -2)
