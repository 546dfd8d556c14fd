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

_HOT = np.eye(5, 4, dtype=np.float32)
"""Row 4, N, is all zeros."""


def _one_hot(codes: Array) -> Array:
    """[..., L, 4] of codes [..., L] from 0 to 4."""
    if codes.shape[-1] % 2:
        return (
            _HOT.view(np.complex128)[:, 0].take(codes, mode="clip").view(np.float32).reshape(*codes.shape, 4)
        )
    return _PAIRS.take(codes.view(np.uint16), mode="clip").view(np.float32).reshape(*codes.shape, 4)


def _pairs() -> Array:
    """Two rows at once, as one item of 32 bytes, by two codes as one number: half as many are looked up."""
    codes = np.stack(np.meshgrid(np.arange(5), np.arange(5)), axis=-1).reshape(-1, 2).astype(np.uint8)
    numbers = codes.view(np.uint16)[:, 0]
    table = np.zeros((int(numbers.max()) + 1, 8), np.float32)
    table[numbers] = _HOT[codes].reshape(-1, 8)
    return table.view("V32")[:, 0]


_PAIRS = _pairs()


class Sequence(Reader):
    """DNA around the centre of each region, read as codes [n, length] of one byte."""

    stands_alone = True

    def __init__(self, *, length: int, jitter: int = 0) -> None:
        self.length = length
        self.jitter = jitter

    def open(self, context: Context) -> None:
        if context.genome is None:
            problem, fix = "`Sequence` needs a genome", 'add `genome = "genome.fa.gz"` to `data`'
            raise DataError("data", problem, fix)
        self._genome = context.genome

    def files(self) -> tuple[Path, ...]:
        return self._genome.files

    def read(self, places: Places) -> Codes:
        found = np.empty((len(places), self.length + 2 * self.jitter), np.uint8)
        for row, place in enumerate(places.resized(found.shape[1])):
            found[row] = self._genome.codes(place.chrom, place.start, place.end)
        backwards = places.strand < 0
        found[backwards] = reverse_complement(found[backwards])
        return found

    def dna(self, places: Places) -> Places:
        return places.resized(self.length)

    def tensor(self, values: Array, shifts: Ints) -> Tensor:
        """[n, length, 4] of float32, channels A C G T."""
        return torch.from_numpy(_one_hot(cropped(values, self.length, shifts)))

    def reverse_complement(self, values: Tensor) -> Tensor:
        """A C G T backwards is their complement."""
        return values.flip(-1, -2)
