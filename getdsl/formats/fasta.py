"""FASTA: chromosomes as base codes."""

from pathlib import Path

import numpy as np

from getdsl.formats.text import FormatError, read_content

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


def encode_bases(letters: bytes) -> Codes:
    """Codes: 0 to 3 for A C G T in either case, 4 for N and the ambiguity codes, 255 for what is no base."""
    return _CODES[np.frombuffer(letters, dtype=np.uint8)]


def reverse_complement(codes: Codes) -> Codes:
    """The other strand of codes [..., L], read along it; N stays N."""
    return np.where(codes < N, 3 - codes, codes)[..., ::-1].astype(np.uint8)


def read_fasta(path: Path) -> dict[str, Codes]:
    """Codes of each sequence by the first word of its header, in the file's order."""
    content = read_content(path)
    if not content.lstrip().startswith(b">"):
        raise FormatError(path, 1, "a FASTA file starts with a line `>name`")
    genome: dict[str, Codes] = {}
    for record in content.lstrip()[1:].split(b"\n>"):
        header, _, body = record.partition(b"\n")
        words = header.split()
        if not words:
            raise FormatError(path, 0, "a sequence has no name after `>`")
        name = words[0].decode()
        if name in genome:
            raise FormatError(path, 0, f"the name {name} occurs twice")
        genome[name] = _record_codes(path, name, body)
    return genome


def _record_codes(path: Path, name: str, body: bytes) -> Codes:
    letters = b"".join(body.split())
    codes = encode_bases(letters)
    wrong = np.flatnonzero(codes == _NOT_A_BASE)
    if wrong.size:
        at = int(wrong[0])
        raise FormatError(path, 0, f"{name} has {chr(letters[at])!r} at base {at + 1}, which is no base")
    return codes
