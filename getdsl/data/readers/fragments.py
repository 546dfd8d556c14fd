"""The reader `Fragments`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from getdsl.data.barcodes import read_barcodes
from getdsl.data.fragment_ends import Counted
from getdsl.data.fragment_files import Counting, FragmentFile, open_fragments
from getdsl.data.places import Place
from getdsl.data.profile import Profile, Reduction
from getdsl.data.reader import Array, Context

CELLTYPE = "{celltype}"


class Fragments(Profile):
    """Cut sites or coverage of fragments, counts of several files added up."""

    def __init__(
        self,
        *,
        files: str | Sequence[str],
        counted: Counted = "cut_sites",
        length: int | None = None,
        bin: int | None = None,
        reduce: Reduction | None = None,
        barcodes: str | None = None,
        distinct: bool = True,
        shift: Sequence[int] = (0, 0),
        jitter: int = 0,
    ) -> None:
        super().__init__(length, bin, reduce, jitter)
        self.paths = [files] if isinstance(files, str) else list(files)
        self.counted, self.distinct = counted, distinct
        self.barcodes = Path(barcodes) if barcodes is not None else None
        self.shift = (shift[0], shift[1])

    def open(self, context: Context) -> None:
        self._by_path = any(CELLTYPE in path for path in self.paths)
        self.per_celltype = bool(context.celltypes) and (self._by_path or self.barcodes is not None)
        self._number = {name: number for number, name in enumerate(context.celltypes)}
        cells = read_barcodes(self.barcodes, context.celltypes) if self.barcodes is not None else None
        counting = Counting(distinct=self.distinct, shift=self.shift, barcodes=cells)
        self._files: dict[str, dict[Path, FragmentFile]] = {
            name: {path: open_fragments(path, context, counting) for path in self._paths_of(name)}
            for name in (context.celltypes if self._by_path else ("",))
        }

    def _paths_of(self, celltype: str) -> list[Path]:
        return [Path(path.replace(CELLTYPE, celltype)) for path in self.paths]

    def files(self) -> tuple[Path, ...]:
        listed = [path for files in self._files.values() for path in files]
        return (*listed, *([self.barcodes] if self.barcodes is not None else []))

    def values(self, place: Place) -> Array:
        files = self._files[place.celltype if self._by_path else ""]
        celltype = self._number.get(place.celltype, 0) if self.barcodes is not None else 0
        found = np.zeros(place.end - place.start, np.int64)
        for file in files.values():
            ends = file.ends(place.chrom, place.start, place.end, celltype)
            found += ends.values(self.counted, place.start, place.end)
        return found
