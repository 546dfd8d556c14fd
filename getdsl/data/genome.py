"""The genome: base codes of any stretch of a FASTA file."""

from __future__ import annotations

import hashlib
import os
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.opened import PerProcess
from getdsl.formats.fasta import Codes, N, encode_bases, read_fasta
from getdsl.formats.text import FormatError
from getdsl.text.kept import cache_folder, keep, read_kept
from getdsl.text.opener import open_file
from getdsl.text.whole import whole_folder

_GZIP = b"\x1f\x8b"
_BLOCKED = b"BC\x02\x00"  # the extra field of bgzip's blocks


class _Bases(Protocol):
    def codes(self, chrom: str, start: int, end: int) -> Codes: ...


class Genome:
    """Chromosomes with their lengths in bp, and their bases. Raises DataError where a file is none."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        kind = _kind(self.path)
        self.lengths, opened = _unpacked(self.path) if kind == "gzip" else _indexed(self.path)
        self._bases: PerProcess[_Bases] = PerProcess(opened)

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """[end - start], 0 to 3 for A C G T; 4 for any other base and what lies beyond the chromosome."""
        length = self.lengths[chrom]
        inside = max(0, start), min(length, end)
        if inside == (start, end):
            return self._bases.get().codes(chrom, start, end)
        found = np.full(end - start, N, np.uint8)
        if inside[0] < inside[1]:
            found[inside[0] - start : inside[1] - start] = self._bases.get().codes(chrom, *inside)
        return found


def _kind(path: Path) -> str:
    """`plain`, `bgzip` or `gzip`, by the file's first bytes."""
    try:
        with open_file(path) as file:
            head = file.read(18)
    except OSError as error:
        raise DataError(
            path, f"it cannot be read ({error.strerror})", "give the genome's FASTA file"
        ) from error
    if head[:2] != _GZIP:
        return "plain"
    return "bgzip" if head[12:16] == _BLOCKED else "gzip"


# -- an indexed file, plain or bgzip


class _Indexed:
    def __init__(self, path: Path, index: Path, blocks: Path) -> None:
        import pysam

        blocked = {"filepath_index_compressed": str(blocks)} if blocks.exists() else {}
        self._file: Any = pysam.FastaFile(str(path), filepath_index=str(index), **blocked)

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        return encode_bases(self._file.fetch(chrom, start, end).encode())

    def lengths(self) -> dict[str, int]:
        return dict(zip(self._file.references, self._file.lengths, strict=True))


def _indexed(path: Path) -> tuple[dict[str, int], partial[_Indexed]]:
    import pysam.utils

    index, blocks = Path(f"{path}.fai"), Path(f"{path}.gzi")
    if not index.exists() or index.stat().st_mtime_ns < path.stat().st_mtime_ns:
        folder = _folder_of(path)
        index, blocks = folder / "index.fai", folder / "index.gzi"
        if not index.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                pysam.faidx(str(path), "--fai-idx", str(index), "--gzi-idx", str(blocks))
            except pysam.utils.SamtoolsError as error:
                raise DataError(path, f"it cannot be indexed ({error})", "give a FASTA file") from error
    opened = partial(_Indexed, path, index, blocks)
    try:
        return opened().lengths(), opened
    except OSError as error:
        raise DataError(path, f"it cannot be read ({error})", "give a FASTA file") from error


# -- a file that must be unpacked to be read in parts


class _Unpacked:
    def __init__(self, file: Path, starts: dict[str, int]) -> None:
        self._codes: Codes = np.load(file, mmap_mode="r")
        self._starts = starts

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        at = self._starts[chrom]
        return np.array(self._codes[at + start : at + end])


def _unpacked(path: Path) -> tuple[dict[str, int], partial[_Unpacked]]:
    """The file's codes, from the user's cache where they are there."""
    folder = _folder_of(path)
    lengths = read_kept(folder / "lengths.json")
    if not isinstance(lengths, dict) or not (folder / "codes.npy").exists():
        try:
            genome = read_fasta(path)
        except FormatError as error:
            raise DataError(path, error.problem, "give a FASTA file") from error
        lengths = {name: len(codes) for name, codes in genome.items()}
        with whole_folder(folder) as aside:
            np.save(aside / "codes.npy", np.concatenate([*genome.values(), np.empty(0, np.uint8)]))
            keep(aside / "lengths.json", lengths)
    starts = dict(zip(lengths, np.cumsum([0, *lengths.values()]).tolist(), strict=False))
    return lengths, partial(_Unpacked, folder / "codes.npy", starts)


def _folder_of(path: Path) -> Path:
    """Where the cache holds what was made of a file as it now is."""
    about = os.stat(path)
    key = hashlib.sha256(
        f"{path.resolve()} {about.st_size} {about.st_mtime_ns}".encode(errors="surrogateescape")
    )
    return cache_folder() / "genomes" / f"{path.name}-{key.hexdigest()[:16]}"
