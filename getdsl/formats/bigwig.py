"""bigWig: a value for each base of a genome."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.formats.text import COPY_AGAIN, FormatError
from getdsl.text.opener import open_file

Doubles = np.ndarray[Any, np.dtype[np.float64]]

_SUFFIXES = (".bw", ".bigWig")  # by which the library knows a path; of others it takes the open file
MAGIC = 0x888FFC26
BIGBED = 0x8789F2EB
_FIELDS = "IHHQQQHHQQIQ"  # of the header: Kent et al. 2010, supplementary table 5
_HEADER = struct.calcsize(f"<{_FIELDS}")
_ENDED = 4  # the version from which on the magic number stands at the end too


class BigWig:
    """An open file. Raises FormatError where it is none, or ends too early."""

    def __init__(self, path: Path) -> None:
        import pybigtools

        _refuse_others(path)
        self.path = path
        self._open = ExitStack()
        named = path.suffix in _SUFFIXES
        with _told(path, "it is no bigWig file that can be read"):
            self._file = pybigtools.open(str(path) if named else self._open.enter_context(open_file(path)))
            self.lengths: dict[str, int] = self._file.chroms()

    def values(self, chrom: str, start: int, end: int) -> Doubles:
        """[end - start], NaN where the file has no value; the stretch lies within the chromosome."""
        with _told(self.path, f"{chrom}:{start}-{end} cannot be read"):
            found: Doubles = self._file.values(chrom, start, end, fillna=np.nan)
            return found


@contextmanager
def _told(path: Path, problem: str) -> Iterator[None]:
    """What the library raises of a damaged file, as a FormatError; a panic of Rust is no Exception."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        raise FormatError(path, 0, f"{problem} ({error})", COPY_AGAIN) from error


def is_bigwig(path: Path) -> bool:
    """Whether a file begins as bigWig and bigBed do. Raises FormatError where it cannot be read."""
    return _magic(_ends(path)[0])[0] in (MAGIC, BIGBED)


def _refuse_others(path: Path) -> None:
    head, tail, size = _ends(path)
    magic, order = _magic(head)
    if magic == BIGBED:
        raise FormatError(path, 0, "it is a bigBed file, which holds regions", "give a bigWig file")
    if magic != MAGIC or len(head) < _HEADER:
        raise FormatError(path, 0, "it is no bigWig file")
    header = struct.unpack(order + _FIELDS, head)
    version, places = header[1], (header[3], header[4], header[5])
    if max(places) >= size or (version >= _ENDED and tail != head[:4]):
        raise FormatError(path, 0, "it is cut off: its end is missing", COPY_AGAIN)


def _ends(path: Path) -> tuple[bytes, bytes, int]:
    """The header, the last four bytes, and the size."""
    try:
        with open_file(path) as file:
            head = file.read(_HEADER)
            size = file.seek(0, 2)
            file.seek(max(0, size - 4))
            return head, file.read(), size
    except FileNotFoundError:
        raise FormatError(path, 0, "there is no such file") from None
    except OSError as error:
        raise FormatError(path, 0, f"it cannot be read ({error.strerror})") from error


def _magic(head: bytes) -> tuple[int, str]:
    """The number that a file begins with, and the byte order in which it is one that is known."""
    for order in "<>":
        number = struct.unpack(f"{order}I", head[:4])[0] if len(head) >= 4 else 0
        if number in (MAGIC, BIGBED):
            return number, order
    return 0, "<"


def write_bigwig(
    path: Path, lengths: Mapping[str, int], intervals: Iterable[tuple[str, int, int, float]]
) -> None:
    """Writes ordered intervals that do not overlap, on chromosomes of these lengths."""
    import pybigtools

    pybigtools.open(str(path), "w").write(dict(lengths), iter(intervals))
