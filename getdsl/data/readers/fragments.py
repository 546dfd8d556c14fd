"""The reader `Fragments`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from getdsl.data.barcodes import read_barcodes
from getdsl.data.fragment_ends import Counted
from getdsl.data.fragment_files import Counting, FragmentFile, open_fragments
from getdsl.data.fragment_profile import FragmentProfile
from getdsl.data.profile import Reduction
from getdsl.data.reader import Context


class Fragments(FragmentProfile):
    """Cut sites or coverage of fragments."""

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
        super().__init__(files, counted, length, bin, reduce, jitter)
        self.barcodes = Path(barcodes) if barcodes is not None else None
        self.distinct, self.shift = distinct, (shift[0], shift[1])

    def look_up(self, context: Context) -> None:
        cells = None
        if self.barcodes is not None:
            cells = read_barcodes(self.barcodes, context.celltypes)
            self.numbers = {name: number for number, name in enumerate(context.celltypes)}
            self.per_celltype = self.per_celltype or bool(context.celltypes)
        self._counting = Counting(distinct=self.distinct, shift=self.shift, barcodes=cells)

    def opened(self, path: Path, context: Context) -> FragmentFile:
        return open_fragments(path, context, self._counting)

    def files(self) -> tuple[Path, ...]:
        cells = self._counting.barcodes
        return (*super().files(), *(cells.paths if cells is not None else ()))
