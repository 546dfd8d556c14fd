"""The reader `Alignments`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from getdsl.data.alignment_files import AlignmentFile, ReadCounting
from getdsl.data.fragment_ends import Counted
from getdsl.data.fragment_files import FragmentFile
from getdsl.data.fragment_profile import FragmentProfile
from getdsl.data.profile import Reduction
from getdsl.data.reader import Context


class Alignments(FragmentProfile):
    """Cut sites or coverage of aligned reads."""

    def __init__(
        self,
        *,
        files: str | Sequence[str],
        counted: Counted = "cut_sites",
        paired: bool = True,
        length: int | None = None,
        bin: int | None = None,
        reduce: Reduction | None = None,
        mapping_quality: int = 30,
        duplicates: bool = False,
        distinct: bool = False,
        shift: Sequence[int] = (0, 0),
        jitter: int = 0,
    ) -> None:
        super().__init__(files, counted, length, bin, reduce, jitter)
        self._counting = ReadCounting(
            counted, paired, mapping_quality, duplicates, distinct, (shift[0], shift[1])
        )

    def opened(self, path: Path, context: Context) -> FragmentFile:
        return AlignmentFile(path, context, self._counting)
