"""The reader `Fragments`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.places import Ints, Places
from getdsl.data.reader import Array, Context, Reader
from getdsl.formats.fragments import read_fragments
from getdsl.formats.text import FormatError


class Fragments(Reader):
    """Cut sites [n] in each region, float32."""

    stands_alone = True

    def __init__(self, *, files: str | Sequence[str], distinct: bool = True) -> None:
        self.paths = [Path(path) for path in ([files] if isinstance(files, str) else files)]
        self.distinct = distinct

    def open(self, context: Context) -> None:
        sites: dict[str, list[Ints]] = {}
        for path in self.paths:
            for chrom, found in self._sites(path, context).items():
                sites.setdefault(chrom, []).append(found)
        self._sites_of = {chrom: np.sort(np.concatenate(parts)) for chrom, parts in sites.items()}

    def _sites(self, path: Path, context: Context) -> dict[str, Ints]:
        """The ordered cut sites of a file by the genome's chromosomes; others, such as chrM, are left out."""
        try:
            found = read_fragments(path)
        except FormatError as error:
            problem = f"line {error.line}: {error.problem}" if error.line else error.problem
            raise DataError(path, problem, "give fragments as `chrom start end`, with tabs") from error
        names = context.names_in(path, found)
        lengths = context.genome.lengths if context.genome is not None else {}
        for chrom, name in names.items():
            end = int(found[name].end.max())
            if end > lengths.get(chrom, end):
                problem = f"a fragment ends at {name}:{end}, past the chromosome's {lengths[chrom]} bp"
                raise DataError(path, problem, "give the genome that the reads were aligned to")
        pieces = {chrom: found[name] for chrom, name in names.items()}
        return {
            chrom: (piece.distinct() if self.distinct else piece).cut_sites()
            for chrom, piece in pieces.items()
        }

    def files(self) -> tuple[Path, ...]:
        return tuple(self.paths)

    def read(self, places: Places) -> Array:
        found = np.zeros(len(places), np.float32)
        for number in np.unique(places.chrom):
            sites = self._sites_of.get(places.chromosomes[number])
            if sites is not None:
                rows = np.flatnonzero(places.chrom == number)
                found[rows] = np.searchsorted(sites, places.end[rows]) - np.searchsorted(
                    sites, places.start[rows]
                )
        return found
