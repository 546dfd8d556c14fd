"""A file of motifs as text, whatever wrote its bytes."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from getdsl.formats.motifs.motif import MemeError
from getdsl.text.opener import MEBIBYTE, read_bytes

MOST = 64 * MEBIBYTE
MAX_BYTES = 256 * MEBIBYTE  # of a decompressed file
BINARY = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
GZIP = b"\x1f\x8b"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read_lines(path: str | Path) -> list[str]:
    """The lines of the file. Raises MemeError where it is no text, and OSError where it cannot be opened.

    Gzip is taken off, UTF-16 is read by its mark, and what is no UTF-8 as Latin-1: names may be in it, and
    numbers are the same everywhere.
    """
    data = read_bytes(path, MOST)
    data = _decompressed(path, data) if data.startswith(GZIP) else data
    return re.split(r"\r\n|\r|\n", _decoded(path, data))


def _decompressed(path: str | Path, data: bytes) -> bytes:
    """All members of a gzip file after each other."""
    found = bytearray()
    while data.startswith(GZIP):
        reader = zlib.decompressobj(wbits=31)
        try:
            found += reader.decompress(data, MAX_BYTES - len(found) + 1)
        except zlib.error as error:
            raise MemeError(path, None, f"its gzip is damaged ({error})") from None
        if len(found) > MAX_BYTES:
            raise MemeError(path, None, f"decompresses to more than {MAX_BYTES // MEBIBYTE} MiB")
        if not reader.eof:
            raise MemeError(path, None, "its gzip ends too early: the file is not whole")
        data = reader.unused_data
    return bytes(found)


def _decoded(path: str | Path, data: bytes) -> str:
    try:
        text = data.decode("utf-16" if data.startswith(UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if BINARY.search(text):
        if set(data[1::2]) == {0} or set(data[::2]) == {0}:
            raise MemeError(path, None, "it is UTF-16 without the mark that says so: save it as UTF-8")
        raise MemeError(path, None, "not a text file")
    return text
