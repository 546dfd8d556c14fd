"""What kind of file something is, by what is in it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

from getdsl.diagnostics import UserError
from getdsl.text.opener import open_file

HEAD = 1 << 16  # bytes that are looked at
_MAGIC = {
    b"\x26\xfc\x8f\x88": "bigWig",
    b"\x88\x8f\xfc\x26": "bigWig",
    b"\x43\x27\x41\x1a": "2bit",
    b"\x1a\x41\x27\x43": "2bit",
    b"BAM\x01": "BAM",
    b"CRAM": "CRAM",
    b"\x89HDF": "HDF5",
    b"PAR1": "Parquet",
    b"PK\x03\x04": "zip",
}
TAKES: Mapping[str, tuple[str, ...]] = {
    "genome": ("FASTA", "2bit"),
    "regions": ("narrowPeak", "BED", "bedGraph", "genes"),
    "signal": ("bigWig", "bedGraph"),
    "fragments": ("BED", "bedGraph", "narrowPeak"),
    "alignments": ("BAM", "CRAM"),
    "anndata": ("HDF5",),
    "motifs": ("MEME",),
}
"""The kinds that each option takes; fragments are BED, whatever stands in their later columns."""


def kind_of(path: Path) -> str:
    """`FASTA`, `BED`, …, or `unknown`. Raises UserError where the file cannot be read."""
    try:
        with open_file(path) as file:
            head = file.read(HEAD)
    except OSError as error:
        raise UserError(
            f"`{path}` cannot be read: {(error.strerror or str(error)).lower()}", "name another file"
        ) from error
    if head[:2] == b"\x1f\x8b":
        head = _unpacked(head)
    if not head:
        return "empty"
    found = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)
    return found or _of_text(head)


def refuse_other(path: Path, option: str, kind: str) -> None:
    """Raises UserError where an option does not take such a file."""
    takes = TAKES[option]
    if kind in takes:
        return
    others = [f"`--{name}`" for name, kinds in TAKES.items() if kind == kinds[0] or (kind in kinds[:2])]
    help = f"`--{option}` takes {' or '.join(takes)}"
    if others:
        help += f"; {' or '.join(others)} takes {kind}"
    what = {"unknown": "of no kind that is known", "empty": "empty"}.get(kind, f"a file of kind {kind}")
    raise UserError(f"`{path}` is {what}", help)


def _unpacked(head: bytes) -> bytes:
    """What the beginning of a gzip file holds, as far as it goes."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD)
    except zlib.error:
        return b""


def _of_text(head: bytes) -> str:
    try:
        text = head[: head.rfind(b"\n") + 1 or len(head)].decode()
    except UnicodeDecodeError:
        return "unknown"
    if text.startswith(">"):
        return "FASTA"
    if text.lstrip().startswith("MEME version"):
        return "MEME"
    lines = [line for line in text.splitlines() if line.strip()]
    rows = [line.split("\t") for line in lines if not line.startswith(("#", "track", "browser"))]
    return _of_rows(rows) if rows else "unknown"


def _of_rows(rows: list[list[str]]) -> str:
    first = rows[0]
    if len(first) == 9 and _numbers(first[3:5]):
        return "genes"  # GTF or GFF3
    if {"chrom", "start", "end", "strand"} <= {name.lower() for name in first}:
        return "genes"
    if not _numbers(first[1:3]):
        return "unknown"
    if len(first) == 10 and _numbers(first[9:10]):
        return "narrowPeak"
    return "bedGraph" if len(first) == 4 and _is_real(first[3]) else "BED"


def _numbers(fields: list[str]) -> bool:
    return len(fields) > 0 and all(field.lstrip("-").isdecimal() for field in fields)


def _is_real(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
