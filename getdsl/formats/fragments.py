"""Fragments of sequenced reads, a line each: `chrom start end`, 0-based half-open, and perhaps a barcode.

So do MACS, in bedpe, 10x, in fragments.tsv.gz, and BED. Other columns are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from getdsl.formats.text import FormatError, read_lines
from getdsl.text.opener import open_file

EXPECTED = "expected `chrom start end` with tabs"
INDEXES = (".tbi", ".csi")
_LAST_BLOCK = bytes.fromhex(
    "1f8b08040000000000ff0600424302001b0003000000000000000000"
)  # SAM specification, 4.1.2


class Fragment(NamedTuple):
    """One row; `line` is 0 where it was found through an index, which knows no lines."""

    line: int
    chrom: str
    start: int
    end: int
    barcode: str


def read_fragments(path: Path) -> Iterator[Fragment]:
    """The rows of a file in its order, read as they are asked for. Raises FormatError at one that is none."""
    for number, line in read_lines(path):
        if not line.startswith(("#", "track", "browser")):
            yield _fragment(path, number, line)


def _fragment(path: Path, number: int, line: str) -> Fragment:
    fields = line.split("\t", 4)
    try:
        start, end = int(fields[1]), int(fields[2])
    except (IndexError, ValueError):
        raise FormatError(path, number, EXPECTED + _quoted(number, line)) from None
    if not 0 <= start < end:
        problem = f"a fragment needs 0 <= start < end, found {start} and {end}"
        raise FormatError(path, number, problem + _quoted(number, line))
    return Fragment(number, fields[0], start, end, fields[3] if len(fields) > 3 else "")


def _quoted(number: int, line: str) -> str:
    """The row itself, where no number says which it is."""
    return "" if number else f" in the row `{line[:60]}`"


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
        except (OSError, ValueError) as error:
            raise FormatError(path, 0, f"it cannot be read by its index {index.name} ({error})") from error

    def overlapping(self, chrom: str, start: int, end: int) -> list[Fragment]:
        """The rows that share a base with a place, in the file's order."""
        try:
            rows = list(self._file.fetch(chrom, max(0, start), end)) if end > 0 else []
        except (OSError, ValueError, UnicodeDecodeError) as error:
            raise FormatError(self.path, 0, f"{chrom}:{start}-{end} cannot be read ({error})") from error
        return [_fragment(self.path, 0, row) for row in rows]


def is_whole(path: Path) -> bool:
    """Whether a file that bgzip packed has its last block, which is empty."""
    with open_file(path) as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - len(_LAST_BLOCK)))
        return file.read() == _LAST_BLOCK
