"""FASTA: chromosomes as base codes."""

import codecs
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from getdsl.formats.text import BLOCK, FormatError, unpacked

Codes = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]

N = 4
"""The code of a base that is not known."""

_NOT_A_BASE = 255


def _code_table() -> Codes:
    table = np.full(256, _NOT_A_BASE, dtype=np.uint8)
    for letter in b"NRYSWKMBDHV":  # an ambiguity code is a base that is not known
        table[[letter, letter | 0x20]] = N
    for code, letter in enumerate(b"ACGT"):
        table[[letter, letter | 0x20]] = code
    table[[ord("U"), ord("u")]] = 3
    return table


_CODES = _code_table()
_LETTERS = np.array([*np.flatnonzero(_CODES != _NOT_A_BASE), *b"\n\r\t "])


def encode_bases(letters: bytes) -> Codes:
    """Codes: 0 to 3 for A C G T in either case, 4 for N and the ambiguity codes, 255 for what is no base."""
    return _CODES[np.frombuffer(letters, dtype=np.uint8)]


def reverse_complement(codes: Codes) -> Codes:
    """The other strand of codes [..., L], read along it; N stays N."""
    return np.where(codes < N, 3 - codes, codes)[..., ::-1].astype(np.uint8)


def fasta_pieces(path: Path) -> Iterator[tuple[str, Codes]]:
    """Each sequence's name, the first word of its header, with its codes: in pieces, one after the other.

    A file of any size, plain or gzipped, lines of any length. A sequence without bases gives one empty piece.
    Raises FormatError: at text that is no FASTA, a name that occurs twice, a letter that is no base.
    """
    reading = _Reading(path)
    with unpacked(path) as content:
        while piece := content.read(BLOCK):
            yield from reading.read(piece.removeprefix(codecs.BOM_UTF8) if reading.line == 1 else piece)
    reading.end()


class _Reading:
    """Where the reading of a file stands: in a header, or in the sequence `name`."""

    def __init__(self, path: Path) -> None:
        self.path, self.line = path, 1
        self.names: set[str] = set()
        self.name: str | None = None
        self.header: bytes | None = None  # what was read of one that is not at its end

    def read(self, piece: bytes) -> Iterator[tuple[str, Codes]]:
        while piece:
            if self.header is not None:
                header, end, piece = piece.partition(b"\n")
                self.header += header
                if end:
                    self.begin(self.header.split())
                    self.line += 1
                    self.header = None
                    yield str(self.name), _CODES[:0]
                continue
            letters, begins, piece = piece.partition(b">")
            if letters:
                yield from self.bases(letters)
            if begins:
                self.header = b""

    def begin(self, words: list[bytes]) -> None:
        if not words:
            raise FormatError(self.path, self.line, "a sequence has no name after `>`")
        try:
            self.name = words[0].decode()
        except UnicodeDecodeError:
            raise FormatError(self.path, self.line, "the name of a sequence is not text in UTF-8") from None
        if self.name in self.names:
            raise FormatError(self.path, self.line, f"the name {self.name} occurs twice")
        self.names.add(self.name)

    def bases(self, letters: bytes) -> Iterator[tuple[str, Codes]]:
        codes = encode_bases(letters.translate(None, b"\n\r\t "))
        if self.name is None and len(codes):
            raise FormatError(self.path, 1, "a FASTA file starts with a line `>name`")
        if (codes == _NOT_A_BASE).any():
            at = int(np.argmax(~np.isin(np.frombuffer(letters, np.uint8), _LETTERS)))
            line = self.line + letters.count(b"\n", 0, at)
            raise FormatError(self.path, line, f"{self.name} has {chr(letters[at])!r}, which is no base")
        self.line += letters.count(b"\n")
        if self.name is not None and len(codes):
            yield self.name, codes

    def end(self) -> None:
        if self.header is not None or self.name is None:
            raise FormatError(self.path, 0, "it holds no sequences")
