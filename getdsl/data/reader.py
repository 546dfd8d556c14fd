"""What a reader is: it yields one key of a batch, for places on the genome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from getdsl.data.draws import Draws
from getdsl.data.errors import DataError, renaming, suggest
from getdsl.data.genome import Genome
from getdsl.data.places import Ints, Places
from getdsl.data.table import RegionTable
from getdsl.diagnostics.listing import SHOWN, joined

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Context:
    """What the readers of a spec share."""

    table: RegionTable
    genome: Genome | None = None
    celltypes: tuple[str, ...] = ()
    renamed: Mapping[str, str] | None = None  # the genome's names of chromosomes, by what files call them
    notes: list[str] = field(default_factory=list)  # what readers found that is worth a word, in sentences

    def names_in(self, path: str | Path, known: Iterable[str]) -> dict[str, str]:
        """How a file with the chromosomes `known` calls the genome's; those that it lacks are left out.

        Raises DataError where it has none of the chromosomes that regions lie on.
        """
        found = {self.genome_name(name): name for name in known}
        if self.used and not any(name in found for name in self.used):
            problem = f"it has none of the regions' chromosomes, such as {self.used[0]}"
            fix = renaming(found, self.used) or suggest(self.used[0], found)
            raise DataError(path, problem, fix)
        return found

    def names_by_length(self, path: str | Path, lengths: Mapping[str, int]) -> dict[str, str]:
        """The same of a file that says how long they are. Raises DataError where the genome disagrees."""
        found = self.names_in(path, lengths)
        for chrom, name in found.items():
            ours = self.lengths.get(chrom, lengths[name])
            if lengths[name] != ours:
                problem = f"{name} has {lengths[name]:,} bp in it, and {ours:,} in the genome"
                raise DataError(path, problem, "give files of one assembly")
        return found

    def note_absent(self, path: str | Path, names: Mapping[str, str]) -> None:
        """Notes the regions' chromosomes that a file has nothing of, by the `names` that were found in it."""
        absent = [
            number for number in np.unique(self.table.chrom) if self.table.chromosomes[number] not in names
        ]
        if absent:
            regions = int(np.isin(self.table.chrom, absent).sum())
            listed = joined((self.table.chromosomes[number] for number in absent), shown=SHOWN)
            lie = f"{regions:,} of {len(self.table):,} regions lie"
            self.notes.append(f"{Path(path).name} has nothing of {listed}, where {lie}")

    def genome_name(self, name: str) -> str:
        """What the genome calls a chromosome that a file calls by a name."""
        return (self.renamed or {}).get(name, name)

    @cached_property
    def used(self) -> tuple[str, ...]:
        """The chromosomes that regions lie on, as the genome calls them."""
        return tuple(self.table.chromosomes[number] for number in np.unique(self.table.chrom))

    @property
    def lengths(self) -> Mapping[str, int]:
        """bp of each chromosome, where a genome says so."""
        return self.genome.lengths if self.genome is not None else {}


class Reader:
    """A reader's class takes the params of its face by name, and says what it yields for places.

    Only `read` must be written. It is called in several processes, each of which opens its own files:
    `getdsl.data.opened.PerProcess`.
    """

    jitter: int = 0
    """bp by which a sample may be shifted in training, to both sides; `read` then reads so much more."""

    whole_windows: bool = False
    """Whether `read` wants whole samples, [n, R] where they are windows; else it gets regions, [n]."""

    per_celltype: bool = False
    """Whether values differ between cell types."""

    stands_alone: bool = False
    """Whether values become what a batch holds without `open`: where they were stored, no file is needed."""

    nan_is_unknown: bool = False
    """Whether NaN stands for what is not known, as the spec asks; else a target with NaN is an error."""

    two_strands: bool = True
    """Whether `reverse_complement` can turn what a batch holds; else training takes one strand only."""

    def open(self, context: Context) -> None:
        """Looks at the files before anything is read. Raises DataError where they cannot be used."""

    def files(self) -> tuple[Path, ...]:
        """The files that are read; what the values are follows from them and the params."""
        return ()

    def read(self, places: Places) -> Array:
        """What is there, first axis n, read along the strand; with a margin of `jitter` bp on both sides."""
        raise NotImplementedError

    def dna(self, places: Places) -> Places | None:
        """The stretches of the genome whose bases the values follow from; None where it reads no bases."""
        return None

    def tensor(self, values: Array, shifts: Ints) -> Tensor:
        """What a batch holds of values that were read, each row shifted by -jitter to jitter bp."""
        return torch.from_numpy(np.ascontiguousarray(values))

    def drawn(self, values: Tensor, draws: Draws) -> Tensor:
        """What a batch holds of the samples of `draws`, where chance says more of it than a shift."""
        return values

    def reverse_complement(self, values: Tensor) -> Tensor:
        """What a batch holds of the same places, read along the other strand."""
        return values

    @property
    def turns(self) -> bool:
        """Whether `reverse_complement` changes what a batch holds; known before any file is opened."""
        return type(self).reverse_complement is not Reader.reverse_complement


def cropped(values: Array, length: int, shifts: Ints) -> Array:
    """`length` positions [n, length, …] of values with a margin on both sides, each row shifted."""
    margin = (values.shape[1] - length) // 2
    if not margin:
        return values
    at = (margin + shifts)[:, None] + np.arange(length)
    found: Array = values[np.arange(len(values))[:, None], at]
    return found
