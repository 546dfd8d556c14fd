"""Readers that count fragments: cut sites or coverage, over several files and cell types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from getdsl.data.fragment_ends import Counted
from getdsl.data.fragment_files import FragmentFile
from getdsl.data.places import Place
from getdsl.data.profile import Profile, Reduction
from getdsl.data.reader import Array, Context

CELLTYPE = "{celltype}"


class FragmentProfile(Profile):
    """Counts of files added up; of each cell type's, where paths name it. A class says how to open one."""

    def __init__(
        self,
        files: str | Sequence[str],
        counted: Counted,
        length: int | None,
        bin: int | None,
        reduce: Reduction | None,
        jitter: int,
    ) -> None:
        super().__init__(length, bin, reduce, jitter)
        self.paths = [files] if isinstance(files, str) else list(files)
        self.counted: Counted = counted
        self._by_path = any(CELLTYPE in path for path in self.paths)
        self.per_celltype = self._by_path
        self.numbers: Mapping[str, int] = {}  # of the cell types that files tell apart

    def opened(self, path: Path, context: Context) -> FragmentFile:
        """A file, ready to be read. Raises DataError where it cannot be used."""
        raise NotImplementedError

    def look_up(self, context: Context) -> None:
        """What is read before the files."""

    def open(self, context: Context) -> None:
        self.look_up(context)
        self._opened: dict[Path, FragmentFile] = {}
        for celltype in context.celltypes if self._by_path else ("",):
            for path in self._paths_of(celltype):
                if path not in self._opened:
                    self._opened[path] = self.opened(path, context)

    def _paths_of(self, celltype: str) -> list[Path]:
        return [Path(path.replace(CELLTYPE, celltype)) for path in self.paths]

    def files(self) -> tuple[Path, ...]:
        return tuple(self._opened)

    def values(self, place: Place) -> Array:
        found = np.zeros(place.end - place.start, np.int64)
        for path in self._paths_of(place.celltype):
            celltype = self.numbers.get(place.celltype, 0)
            ends = self._opened[path].ends(place.chrom, place.start, place.end, celltype)
            found += ends.values(self.counted, place.start, place.end)
        return found
