"""The reader `Contacts`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.extras import optional
from getdsl.data.hashing import sha256_of
from getdsl.data.opened import PerProcess
from getdsl.data.places import Ints, Places
from getdsl.data.reader import Array, Context, Reader
from getdsl.formats.cool import Cool, Floats
from getdsl.formats.text import FormatError
from getdsl.text.kept import cache_folder, keep, read_kept

FIX = "give a cool or mcool file of this genome"


class Contacts(Reader):
    """Contacts [n, R, R], float32."""

    whole_windows = True

    def __init__(
        self,
        *,
        file: str,
        resolution: int | None = None,
        balanced: bool = True,
        over_expected: bool = False,
        scale: float = 1.0,
        log: bool = False,
        missing: float = 0.0,
    ) -> None:
        self.file, self.resolution, self.balanced = file, resolution, balanced
        self.over_expected, self.scale, self.log, self.missing = over_expected, scale, log, missing
        self.per_celltype = "{celltype}" in file

    def open(self, context: Context) -> None:
        optional("cooler", self.file)
        celltypes = context.celltypes if self.per_celltype else ("",)
        paths = [Path(self.file.replace("{celltype}", name)) for name in celltypes]
        self._maps = [_Map(path, self.resolution, self.balanced, context) for path in paths]
        self._expected = [each.expected() if self.over_expected else None for each in self._maps]

    def files(self) -> tuple[Path, ...]:
        return tuple(each.path for each in self._maps)

    def read(self, places: Places) -> Array:
        number, regions = places.start.shape
        found = np.empty((number, regions, regions), np.float32)
        centre = (places.start + places.end) // 2
        for at in range(number):
            celltype = int(places.celltype[at, 0]) if self.per_celltype else 0
            (chrom,) = np.unique(places.chrom[at])
            found[at] = self._window(celltype, places.chromosomes[chrom], centre[at])
        return found

    def _window(self, celltype: int, chrom: str, centre: Ints) -> Floats:
        """[R, R] of one window."""
        values, distance = self._maps[celltype].contacts(chrom, centre)
        expected = self._expected[celltype]
        if expected is not None:
            of_pairs = expected[distance]
            values = np.divide(values, of_pairs, out=np.full_like(values, np.nan), where=of_pairs > 0)
        values = np.where(np.isnan(values), self.missing, values * self.scale)
        return np.log1p(values) if self.log else values


class _Map:
    """A file's map, and how it names the genome's chromosomes."""

    def __init__(self, path: Path, resolution: int | None, balanced: bool, context: Context) -> None:
        self.path, self.balanced = path, balanced
        self._file: PerProcess[Cool] = PerProcess(partial(Cool, path, resolution, balanced))
        try:
            cool = self._file.get()
        except FormatError as error:
            raise DataError.of(error, FIX) from error
        self.bin = cool.bin
        self._names = context.names_in(path, cool.lengths)
        context.note_absent(path, self._names)
        if context.genome is not None:
            _refuse_other_assembly(path, cool, self._names, context.genome.lengths)

    def contacts(self, chrom: str, centre: Ints) -> tuple[Floats, Ints]:
        """Values [R, R] between positions, NaN where they are not known, and their distances in bins."""
        name = self._names.get(chrom)
        if name is None:
            return np.full((len(centre), len(centre)), np.nan), np.zeros((len(centre), len(centre)), np.int64)
        try:
            bins = self._file.get().bins(name, centre)
            return self._file.get().values(bins), np.abs(bins[:, None] - bins[None, :])
        except OSError as error:
            raise DataError(self.path, f"it cannot be read ({error})", FIX) from error

    def expected(self) -> Floats:
        """The mean by distance in bins, kept from one run to the next."""
        name = f"{sha256_of(self.path)[:32]}-{self.bin}-{'balanced' if self.balanced else 'raw'}.json"
        kept = cache_folder() / "contacts" / name
        known = read_kept(kept)
        if isinstance(known, list):
            return np.array(known)
        found = self._file.get().expected()
        keep(kept, found.tolist())
        return found


def _refuse_other_assembly(
    path: Path, cool: Cool, names: Mapping[str, str], genome: Mapping[str, int]
) -> None:
    """Lengths agree to less than a bin: maps of one assembly differ by some bp."""
    for chrom, name in names.items():
        if chrom in genome and abs(cool.lengths[name] - genome[chrom]) >= cool.bin:
            problem = f"{name} has {cool.lengths[name]:,} bp in it, and {genome[chrom]:,} in the genome"
            raise DataError(path, problem, "give files of one assembly")
