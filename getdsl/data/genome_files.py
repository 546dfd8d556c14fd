"""The files that a genome is read from: FASTA with an index, FASTA unpacked in the cache, 2bit."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from getdsl.data.derived import CACHE, derived
from getdsl.data.errors import DataError
from getdsl.data.extras import optional
from getdsl.data.fasta_index import index_beside, kept_index
from getdsl.formats.fasta import Codes, encode_bases, fasta_pieces
from getdsl.formats.text import GZIP, FormatError, is_bgzip, unpacked
from getdsl.text.kept import keep, read_kept
from getdsl.text.opener import open_file
from getdsl.text.whole import whole_folder

FIX = "give the genome's FASTA file"
_PIECE = 1 << 16  # bases: about a block of bgzip
_KEPT = 1 << 27  # bp of a genome of which every piece is kept once it was read
_TWOBIT = (b"\x43\x27\x41\x1a", b"\x1a\x41\x27\x43")  # of either byte order


class Bases(Protocol):
    """An open file; `codes` are of a stretch that lies inside the chromosome."""

    def codes(self, chrom: str, start: int, end: int) -> Codes: ...


Opened = tuple[dict[str, int], Callable[[], Bases]]
"""Chromosomes with their lengths, and what opens the file in a process."""


def open_genome(path: Path) -> Opened:
    """A file by what its first bytes say that it is. Raises DataError."""
    head = _head(path)
    if head[:4] in _TWOBIT:
        return _two_bit(path)
    if head[:2] != GZIP or is_bgzip(head):
        _refuse_cut_off(path)
        index = index_beside(path, plain=head[:2] != GZIP)
        if index is None:
            index = kept_index(path, derived(path, "index"))
        if index is not None:
            small = sum(index.lengths.values()) <= _KEPT
            made = _Packed if index.blocks is not None and small else _Indexed
            return index.lengths, partial(made, path, index.path, index.blocks)
    return _unpacked(path)


def _refuse_cut_off(path: Path) -> None:
    try:
        with unpacked(path):  # which looks at the end of bgzip's
            pass
    except FormatError as error:
        raise DataError.of(error, FIX) from error


def _head(path: Path) -> bytes:
    try:
        with open_file(path) as file:
            return file.read(18)
    except OSError as error:
        raise DataError(path, f"it cannot be read ({error.strerror})", FIX) from error


class _Indexed:
    def __init__(self, path: Path, index: Path, blocks: Path | None) -> None:
        import pysam

        packed = {"filepath_index_compressed": str(blocks)} if blocks is not None else {}
        try:
            self._file: Any = pysam.FastaFile(str(path), filepath_index=str(index), **packed)
        except OSError as error:
            raise DataError(path, f"it cannot be read ({error})", FIX) from error
        self._path = path

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        try:
            return encode_bases(self._file.fetch(chrom, start, end).encode())
        except (OSError, ValueError, KeyError) as error:
            problem = f"{chrom}:{start}-{end} cannot be read ({error})"
            raise DataError(self._path, problem, "copy it again, and index it again") from error


class _Packed(_Indexed):
    """A file of bgzip, a block of which is unpacked whole for any of its bases: what is unpacked is kept."""

    def __init__(self, path: Path, index: Path, blocks: Path | None) -> None:
        super().__init__(path, index, blocks)
        self._piece = cache(super().codes)

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        first, last = start // _PIECE * _PIECE, -(-end // _PIECE) * _PIECE
        pieces = [self._piece(chrom, at, at + _PIECE) for at in range(first, last, _PIECE)]
        if len(pieces) == 1:
            return pieces[0][start - first : end - first].copy()
        return np.concatenate([np.empty(0, np.uint8), *pieces])[start - first : end - first]


# -- a file that is unpacked to be read in parts


class _Unpacked:
    def __init__(self, file: Path, starts: dict[str, int]) -> None:
        self._codes: Codes = np.memmap(file, np.uint8, "r")
        self._starts = starts

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        at = self._starts[chrom]
        return np.array(self._codes[at + start : at + end])


def _unpacked(path: Path) -> Opened:
    folder = derived(path, "bases")
    lengths = read_kept(folder / "lengths.json")
    if not isinstance(lengths, dict) or not _is_whole(folder / "codes", lengths):
        try:
            lengths = _unpack(path, folder)
        except FormatError as error:
            raise DataError.of(error, "give a FASTA file of DNA") from error
        except OSError as error:
            problem = f"it cannot be unpacked into {folder.parent} ({error.strerror})"
            raise DataError(path, problem, CACHE) from error
    starts = dict(zip(lengths, np.cumsum([0, *lengths.values()]).tolist(), strict=False))
    return lengths, partial(_Unpacked, folder / "codes", starts)


def _unpack(path: Path, folder: Path) -> dict[str, int]:
    lengths: dict[str, int] = {}
    with whole_folder(folder) as aside:
        with (aside / "codes").open("wb") as file:
            for name, codes in fasta_pieces(path):
                lengths[name] = lengths.get(name, 0) + len(codes)
                file.write(codes.tobytes())
        lengths = {name: length for name, length in lengths.items() if length}  # as an index has them
        keep(aside / "lengths.json", lengths)
    return lengths


def _is_whole(file: Path, lengths: dict[str, int]) -> bool:
    return file.exists() and file.stat().st_size == sum(lengths.values())


# -- 2bit


class _TwoBit:
    def __init__(self, path: Path) -> None:
        self._path = path
        reading = optional("twobitreader", path)
        try:
            self._file: Any = reading.TwoBitFile(str(path))
            self.lengths: dict[str, int] = dict(self._file.sequence_sizes())
        except Exception as error:  # whatever the library raises of damaged files
            raise DataError(path, f"it cannot be read ({error})", "copy it again") from error

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        try:
            return encode_bases(str(self._file[chrom][start:end]).encode())
        except Exception as error:
            problem = f"{chrom}:{start}-{end} cannot be read ({error})"
            raise DataError(self._path, problem, "copy it again") from error


def _two_bit(path: Path) -> Opened:
    return _TwoBit(path).lengths, partial(_TwoBit, path)
