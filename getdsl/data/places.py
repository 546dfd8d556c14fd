"""Where values are read: places on the genome."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]
Signs = np.ndarray[Any, np.dtype[np.int8]]


class Place(NamedTuple):
    """One place: `start` and `end` are 0-based and half-open, `strand` is 1 or -1."""

    chrom: str
    start: int
    end: int
    strand: int
    celltype: str


@dataclass(frozen=True)
class Places:
    """Regions to read, each array of shape [n], or [n, R] where a sample is a window of R regions.

    `chrom` and `celltype` are numbers in `chromosomes` and `celltypes`, `row` is the region's in the table.
    """

    chrom: Ints
    start: Ints
    end: Ints
    strand: Signs
    row: Ints
    celltype: Ints
    chromosomes: tuple[str, ...]
    celltypes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.start)

    def __iter__(self) -> Iterator[Place]:
        """The places one by one, those of a window after each other."""
        celltypes = self.celltypes or ("",)
        arrays = (self.chrom, self.start, self.end, self.strand, self.celltype)
        for chrom, start, end, strand, celltype in zip(
            *(item.ravel().tolist() for item in arrays), strict=True
        ):
            yield Place(self.chromosomes[chrom], start, end, strand, celltypes[celltype])

    def flat(self) -> Places:
        """The same regions one after the other, [n * R]."""
        return replace(
            self,
            chrom=self.chrom.ravel(),
            start=self.start.ravel(),
            end=self.end.ravel(),
            strand=self.strand.ravel(),
            row=self.row.ravel(),
            celltype=self.celltype.ravel(),
        )

    def resized(self, width: int) -> Places:
        """`width` bp around the centre of each; of an odd number the middle is that before it."""
        start = (self.start + self.end) // 2 - width // 2
        return replace(self, start=start, end=start + width)
