"""Aligned reads: BAM and CRAM, read by place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from getdsl.formats.text import FormatError
from getdsl.text.opener import open_file

UNMAPPED, SECONDARY, FAILED, DUPLICATE, SUPPLEMENTARY = 0x4, 0x100, 0x200, 0x400, 0x800
PAIRED, PROPER, REVERSE = 0x1, 0x2, 0x10
"""Bits of a read's flag (SAM specification, section 1.4)."""

# Flag, place, quality, CIGAR, mate, length and tags, without bases: so that a CRAM needs no reference
_FIELDS = ["required_fields=0x9fe", "decode_md=0"]


class Alignments:
    """A file with its index; `lengths` are bp of its chromosomes. Raises FormatError if it cannot be read."""

    def __init__(self, path: Path) -> None:
        import pysam

        self.path = path
        with self._sentences("it is no BAM or CRAM file that can be read"):
            with open_file(path):
                pass  # a pipe or a folder is said by the opener
            self._file = pysam.AlignmentFile(str(path), "r", format_options=_FIELDS)
            self.has_index: bool = self._file.has_index()
            self.lengths = dict(zip(self._file.references, self._file.lengths, strict=True))

    def first(self, number: int) -> list[Any]:
        """The first reads, at most so many."""
        with self._sentences("its reads cannot be read"):
            return list(islice(self._file.fetch(until_eof=True), number))

    def overlapping(self, chrom: str, start: int, end: int) -> list[Any]:
        """The reads that share a base with a place, as pysam has them."""
        start, end = max(0, start), min(end, self.lengths[chrom])
        with self._sentences(f"{chrom}:{start}-{end} cannot be read"):
            return list(self._file.fetch(chrom, start, end)) if start < end else []

    @contextmanager
    def _sentences(self, problem: str) -> Iterator[None]:
        try:
            with _silent():
                yield
        except FileNotFoundError as error:
            raise FormatError(self.path, 0, "there is no such file") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise FormatError(self.path, 0, f"{problem} ({reason})") from error


@contextmanager
def _silent() -> Iterator[None]:
    """What the library would print stands in the error."""
    import pysam

    before = pysam.set_verbosity(0)
    try:
        yield
    finally:
        pysam.set_verbosity(before)
