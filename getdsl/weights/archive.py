"""A zip archive held against its file before any of it is used: parts within it, apart from each other."""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from getdsl.weights.errors import CheckpointError, damaged

LOCAL = struct.Struct("<4s5H3L2H")
DESCRIPTOR = 24  # bytes that may follow a part
ENCRYPTED, UTF8 = 0x1, 0x800
LARGEST_RECORD = 256 << 20  # bytes of a record that is not a tensor
CHUNK = 1 << 22
UNREADABLE = (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, RuntimeError, EOFError)


@dataclass(frozen=True)
class Record:
    """A part of the archive; its bytes lie uncompressed in the file from `start` on."""

    name: str  # without the archive's own folder
    start: int
    size: int
    crc: int


@dataclass(frozen=True)
class Archive:
    records: dict[str, Record]
    checked: bool  # whether its writer noted checksums

    def read(self, path: Path, file: BinaryIO, name: str) -> bytes:
        """The bytes of a record that is no tensor, its checksum compared."""
        record = self.records.get(name)
        if record is None:
            raise damaged(path, f"its part `{name}` is missing")
        if record.size > LARGEST_RECORD:
            raise damaged(path, f"its part `{name}` claims {record.size:,} bytes")
        file.seek(record.start)
        content = file.read(record.size)
        if self.checked and zlib.crc32(content) != record.crc:
            raise damaged(path, f"the checksum of its part `{name}` does not fit")
        return content

    def check_all(self, path: Path, file: BinaryIO) -> None:
        """Compares the checksum of every part, tensors too, without keeping them in memory."""
        for record in self.records.values() if self.checked else ():
            file.seek(record.start)
            left, crc = record.size, 0
            while left and (chunk := file.read(min(CHUNK, left))):
                left, crc = left - len(chunk), zlib.crc32(chunk, crc)
            if crc != record.crc:
                raise damaged(path, f"the checksum of its part `{record.name}` does not fit")


def entries_of(path: Path, file: BinaryIO) -> list[zipfile.ZipInfo]:
    """What an archive's directory says, in its order. Raises CheckpointError where it has none."""
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.infolist()
    except UNREADABLE as error:
        raise damaged(path, "its archive cannot be read, it may be truncated") from error


def read_records(path: Path, file: BinaryIO, size: int, entries: list[zipfile.ZipInfo], root: str) -> Archive:
    """The parts of an archive by their names without `root`, which all have.

    Raises CheckpointError where its directory does not fit its content.
    """
    records: dict[str, Record] = {}
    end = 0
    for entry in sorted(entries, key=lambda item: item.header_offset):
        start = _start_of(file, entry)
        if start is None or not end <= entry.header_offset <= end + DESCRIPTOR:
            raise damaged(path, "its archive's directory does not fit its content")
        end = start + entry.file_size
        if end > size:
            raise damaged(path, "its archive's directory does not fit its content")
        record = Record(entry.filename[len(root) :], start, entry.file_size, entry.CRC)
        if records.setdefault(record.name, record) is not record:
            raise damaged(path, f"its part `{record.name}` is there twice")
    return Archive(records, any(record.crc for record in records.values()))


def refuse_encrypted(path: Path, entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & ENCRYPTED:
        raise CheckpointError(f"`{path}` is an encrypted archive", "save it anew, without a password")


def _start_of(file: BinaryIO, entry: zipfile.ZipInfo) -> int | None:
    """Where a part's bytes begin; None where its own header is not what the directory says of it."""
    file.seek(entry.header_offset)
    head = file.read(LOCAL.size)
    if len(head) < LOCAL.size:
        return None
    magic, _, flags, method, _, _, _, _, _, name_size, extra_size = LOCAL.unpack(head)
    name, extra = file.read(name_size), file.read(extra_size)
    alike = (
        magic == b"PK\x03\x04"
        and (method, flags) == (entry.compress_type, entry.flag_bits)
        and name == entry.orig_filename.encode("utf-8" if flags & UTF8 else "cp437")
        and _well_formed(extra)
    )
    return entry.header_offset + LOCAL.size + name_size + extra_size if alike else None


def _well_formed(extra: bytes) -> bool:
    """Whether extra fields follow each other without rest, as the alignment of torch's tensors needs."""
    at = 0
    while at + 4 <= len(extra):
        at += 4 + int.from_bytes(extra[at + 2 : at + 4], "little")
    return at == len(extra)
