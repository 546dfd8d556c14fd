"""Fragments of sequenced reads, as 10x writes them: `chrom start end`, 0-based half-open, and a barcode.

Other columns are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from getdsl.formats.region_blocks import region_blocks
from getdsl.formats.text import FormatError

INDEXES = (".tbi", ".csi")


class Fragment(NamedTuple):
    """One row."""

    chrom: str
    start: int
    end: int
    barcode: str


def barcodes_of(path: Path) -> Iterator[str]:
    """The barcodes of a file, row by row, read as they are asked for; '' where a row has none."""
    for block in region_blocks(path):
        for name in block.name.tolist() if block.name is not None else [b""]:
            yield name.decode(errors="replace")


def index_of(path: Path) -> Path | None:
    """The tabix index that lies beside a file."""
    beside = (Path(f"{path}{ending}") for ending in INDEXES)
    return next((index for index in beside if index.exists()), None)


class IndexedFragments:
    """A file that bgzip packed and tabix indexed, read by place. Raises FormatError where it is none."""

    def __init__(self, path: Path, index: Path) -> None:
        import pysam

        self.path = path
        try:
            self._file = pysam.TabixFile(str(path), index=str(index))
            self.chromosomes: tuple[str, ...] = tuple(self._file.contigs)
        except (OSError, ValueError, NotImplementedError) as error:
            raise FormatError(path, 0, f"it cannot be read by its index {index.name} ({error})") from error

    def overlapping(self, chrom: str, start: int, end: int) -> list[Fragment]:
        """The rows that share a base with a place, in the file's order."""
        try:
            rows = list(self._file.fetch(chrom, max(0, start), end)) if end > 0 else []
        except (OSError, ValueError, NotImplementedError) as error:
            raise FormatError(self.path, 0, f"{chrom}:{start}-{end} cannot be read ({error})") from error
        return [_fragment(self.path, row) for row in rows]


def _fragment(path: Path, row: str) -> Fragment:
    fields = row.split("\t", 4)
    try:
        start, end = int(fields[1]), int(fields[2])
    except (IndexError, ValueError):
        raise FormatError(path, 0, f"expected `chrom start end` with tabs in the row `{row[:60]}`") from None
    if not 0 <= start < end:
        raise FormatError(path, 0, f"a fragment needs 0 <= start < end, unlike the row `{row[:60]}`")
    return Fragment(fields[0], start, end, fields[3] if len(fields) > 3 else "")
