"""Which samples read the place of a variant, and what they read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from getdsl.data.declared import DeclaredData
from getdsl.data.edited_genome import EditedGenome
from getdsl.data.places import Ints, Places
from getdsl.data.readers.sequence import Sequence as SequenceReader
from getdsl.diagnostics import UserError
from getdsl.runs.opened.samples import reading
from getdsl.runs.opened.strands import Batch
from getdsl.runs.score.alleles import Allele


class Label(NamedTuple):
    """What a sample is called in the results."""

    region: str
    start: int
    end: int
    strand: str
    celltype: str


class Samples(Protocol):
    """Samples by number, whose bases follow from an edited genome."""

    source: DeclaredData

    def touched(self, allele: Allele) -> list[int]:
        """The samples that read what an allele changes."""

    def batch(self, numbers: Sequence[int], keys: Iterable[str] = ()) -> Batch:
        """The samples, of all keys or of some."""

    def stretch(self, number: int) -> tuple[str, int, int, int]:
        """Chromosome, start, end and strand of what `Sequence` reads for a sample."""

    def label(self, number: int) -> Label: ...


def genome_of(source: DeclaredData) -> EditedGenome:
    genome = source.context.genome
    assert isinstance(genome, EditedGenome)
    return genome


def dna_keys(source: DeclaredData) -> list[str]:
    """The keys of a batch that follow from bases. Raises UserError where there are none."""
    places = source.places(np.array([0])).flat()
    keys = [key for key, reader in source.readers.items() if reader.dna(places) is not None]
    if not keys:
        raise UserError(
            "no reader of the spec's data reads DNA, so that a variant changes nothing",
            "read a `Sequence`, a `PeakSequence` or `Motifs` in `data { batch { … } }`",
        )
    return keys


class RunSamples:
    """The samples of a run's data."""

    def __init__(self, source: DeclaredData) -> None:
        self.source = source
        places = source.places(np.arange(len(source.rows))).flat()
        read = [source.readers[key].dna(places) for key in dna_keys(source)]
        stretches = [item for item in read if item is not None]
        self._start = np.min([item.start for item in stretches], axis=0)
        self._end = np.max([item.end for item in stretches], axis=0)
        self._by_chrom = _sorted_by_start(places, self._start)
        self._widest = int((self._end - self._start).max(initial=0))
        self._regions = places.start.size // len(source.rows)  # of a sample
        self._table = source.table

    def touched(self, allele: Allele) -> list[int]:
        edit = allele.edit
        assert edit is not None
        if allele.chrom not in self._by_chrom:
            return []
        order, starts = self._by_chrom[allele.chrom]
        first, last = np.searchsorted(starts, [edit.start - self._widest, edit.end + 1])
        samples: set[int] = set()
        for at in order[first:last].tolist():
            if allele.touches(int(self._start[at]), int(self._end[at])):
                samples.add(at // self._regions)
        cells = max(1, len(self.source.declared.celltypes))
        return sorted(number + cell * len(self.source.rows) for number in samples for cell in range(cells))

    def batch(self, numbers: Sequence[int], keys: Iterable[str] = ()) -> Batch:
        with reading():
            return self.source.batch(np.array(numbers, np.int64), keys=keys)

    def stretch(self, number: int) -> tuple[str, int, int, int]:
        places = self.source.places(np.array([number]))
        return _stretch(_sequence(self.source), places)

    def label(self, number: int) -> Label:
        table = self._table
        celltype = str(table["celltype"][number]) if "celltype" in table else ""
        name, strand = str(table["name"][number]), str(table["strand"][number])
        return Label(name, int(table["start"][number]), int(table["end"][number]), strand, celltype)


class CentredSamples:
    """Windows that are centred on variants, made as they are asked for: a sample is a place."""

    def __init__(self, source: DeclaredData, inputs: Iterable[str]) -> None:
        others = set(inputs) - set(dna_keys(source))
        if others or len(dna_keys(source)) != 1 or _sequence(source) is None:
            raise UserError(
                "windows centred on variants are for models of one `Sequence`, and this one reads more",
                "leave `--centred` away: variants are scored in the regions of the data",
            )
        self.source = source
        self._key = dna_keys(source)[0]
        self._reader = source.readers[self._key]
        self._places: dict[tuple[str, int], int] = {}

    def touched(self, allele: Allele) -> list[int]:
        edit = allele.edit
        assert edit is not None
        place = allele.chrom, (edit.start + max(edit.start + 1, edit.end)) // 2
        return [self._places.setdefault(place, len(self._places))]

    def batch(self, numbers: Sequence[int], keys: Iterable[str] = ()) -> Batch:
        with reading():
            values = self._reader.read(self._at(numbers))
        return {self._key: self._reader.tensor(values, np.zeros(len(numbers), np.int64))}

    def _at(self, numbers: Sequence[int]) -> Places:
        known = list(self._places)
        chromosomes = tuple(self.source.context.lengths)
        chrom = np.array([chromosomes.index(known[number][0]) for number in numbers], np.int64)
        centre = np.array([known[number][1] for number in numbers], np.int64)
        forward, zero = np.ones(len(numbers), np.int8), np.zeros(len(numbers), np.int64)
        return Places(chrom, centre, centre + 1, forward, zero, zero, chromosomes)

    def stretch(self, number: int) -> tuple[str, int, int, int]:
        return _stretch(self._reader, self._at([number]))

    def label(self, number: int) -> Label:
        chrom, start, end, _ = self.stretch(number)
        return Label(f"{chrom}:{start}-{end}", start, end, "+", "")


def _sequence(source: DeclaredData) -> SequenceReader | None:
    """The one reader of bases, where it is a `Sequence` of regions."""
    readers = [source.readers[key] for key in dna_keys(source)]
    one = readers[0] if len(readers) == 1 and source.rows.ndim == 1 else None
    return one if isinstance(one, SequenceReader) else None


def _stretch(reader: object, places: Places) -> tuple[str, int, int, int]:
    assert isinstance(reader, SequenceReader)
    [place] = reader.dna(places)
    return place.chrom, place.start, place.end, place.strand


def _sorted_by_start(places: Places, start: Ints) -> dict[str, tuple[Ints, Ints]]:
    """The regions of each chromosome by where what is read of them starts, and these starts."""
    found = {}
    for number, name in enumerate(places.chromosomes):
        own = np.flatnonzero(places.chrom == number)
        order = own[np.argsort(start[own], kind="stable")]
        if len(order):
            found[name] = order, start[order]
    return found
