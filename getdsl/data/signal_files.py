"""The files of a signal: bigWig as it is, bedGraph by a bigWig that is made of it in the user's cache."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.data.derived import CACHE, derived
from getdsl.data.errors import DataError
from getdsl.data.opened import PerProcess
from getdsl.data.reader import Context
from getdsl.formats.bedgraph import read_bedgraph
from getdsl.formats.bigwig import BigWig, Doubles, is_bigwig, write_bigwig
from getdsl.formats.text import FormatError
from getdsl.text.whole import whole_folder

WHAT_IT_TAKES = "give a bigWig or bedGraph file of this genome"
_NAME = "signal.bw"


class Track:
    """A file with its values for places, by the genome's names of chromosomes. Raises DataError."""

    def __init__(self, path: Path, context: Context) -> None:
        self.path = path
        try:
            read, exact = (path, True) if is_bigwig(path) else (_converted(path), False)
            self._file: PerProcess[BigWig] = PerProcess(partial(BigWig, read))
            self._lengths = self._file.get().lengths
        except FormatError as error:
            raise DataError.of(error, WHAT_IT_TAKES) from error
        self._names = context.names_in(path, self._lengths)
        context.note_absent(path, self._names)
        if context.genome is not None:
            self._refuse_other_assembly(context.genome.lengths, exact)

    def values(self, chrom: str, start: int, end: int) -> Doubles:
        """[end - start], NaN where there is nothing: in the file, or beyond the chromosome."""
        name = self._names.get(chrom)
        first, last = max(0, start), min(end, self._lengths[name]) if name is not None else start
        if first >= last or name is None:
            return np.full(end - start, np.nan)
        try:
            inside = self._file.get().values(name, first, last)
        except FormatError as error:
            raise DataError.of(error, WHAT_IT_TAKES) from error
        if (first, last) == (start, end):
            return inside
        found = np.full(end - start, np.nan)
        found[first - start : last - start] = inside
        return found

    def _refuse_other_assembly(self, genome: Mapping[str, int], exact: bool) -> None:
        """A bigWig says how long chromosomes are; of a bedGraph it is known how far they reach at least."""
        for chrom, name in self._names.items():
            length = self._lengths[name]
            if chrom in genome and (length != genome[chrom] if exact else length > genome[chrom]):
                reach = "has" if exact else "reaches over"
                problem = f"{name} {reach} {length:,} bp in it, and has {genome[chrom]:,} in the genome"
                raise DataError(self.path, problem, "give files of one assembly")


def _converted(path: Path) -> Path:
    """A bigWig with what a bedGraph holds, made once, in bounded memory. Raises FormatError, DataError."""
    folder = derived(path, "bigwig")
    made = folder / _NAME
    if not made.exists():
        lengths: dict[str, int] = {}
        for part in read_bedgraph(path):
            for number, name in enumerate(part.chromosomes):
                end = int(part.end[part.number == number].max())
                lengths[name] = max(end, lengths.get(name, 0))
        if not lengths:
            raise FormatError(path, 0, "it holds no values")
        try:
            with whole_folder(folder) as aside:
                write_bigwig(aside / _NAME, lengths, _intervals(path))
                _refuse_unlike(aside / _NAME, lengths)
        except OSError as error:
            why = error.strerror or str(error)
            problem = f"it cannot be converted in {folder.parent} ({why})"
            raise DataError(path, problem, CACHE) from error
    return made


def _refuse_unlike(written: Path, lengths: Mapping[str, int]) -> None:
    """The library says nothing where it cannot write all: raises OSError where it did not."""
    try:
        found = BigWig(written).lengths
    except FormatError as error:
        raise OSError(f"what was written is not whole: {error.problem}") from error
    if found != lengths:
        raise OSError("what was written lacks chromosomes")


def _intervals(path: Path) -> Iterator[tuple[str, int, int, float]]:
    for part in read_bedgraph(path):
        names = np.array(part.chromosomes, object)[part.number]
        arrays: list[Any] = [names, part.start, part.end, part.value]
        yield from zip(*(values.tolist() for values in arrays), strict=True)
