"""A zip archive held against its file before any of it is used: parts within it, apart from each other."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from getdsl.weights.errors import CheckpointError, damaged

LOCAL = struct.Struct("<4s5H3L2H")
DESCRIPTOR = 24  # bytes that may follow a part
ENCRYPTED, UTF8 = 0x1, 0x800
RAW = -zlib.MAX_WBITS  # deflated bytes without a header, as zip has them
LOOSEST, SMALL = 100, 64 << 20  # times that a checkpoint shrinks at most, beyond what is small
LARGEST_RECORD = 256 << 20  # bytes of a record that is not a tensor
CHUNK = 1 << 22
UNREADABLE = (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, RuntimeError, EOFError)


@dataclass(frozen=True)
class Record:
    """A part of the archive; its bytes lie in the file from `start` on, deflated where they are `packed`."""

    name: str  # without the archive's own folder
    start: int
    size: int
    crc: int
    packed: int | None = None  # how many bytes it is in the file, where those are not the part as it is

    @property
    def stored(self) -> int:
        """Its bytes in the file."""
        return self.size if self.packed is None else self.packed

    def beginning(self, path: Path, file: BinaryIO, size: int) -> bytes:
        """Its first bytes."""
        file.seek(self.start)
        content = file.read(min(self.stored, size))
        if self.packed is None:
            return content
        try:
            return zlib.decompressobj(RAW).decompress(content, size)
        except zlib.error as error:
            raise damaged(path, f"its part `{self.name}` cannot be unpacked") from error

    def unpacked(self, path: Path, content: bytes) -> bytes:
        """Its bytes as they are, of those in the file; never more than it claims."""
        if self.packed is None:
            return content
        reader = zlib.decompressobj(RAW)
        try:
            whole = reader.decompress(content, self.size + 1)
        except zlib.error as error:
            raise damaged(path, f"its part `{self.name}` cannot be unpacked") from error
        if len(whole) != self.size:
            raise damaged(path, f"its part `{self.name}` is not of the claimed size")
        return whole


@dataclass(frozen=True)
class Archive:
    records: dict[str, Record]
    checked: bool  # whether its writer noted checksums

    def read(self, path: Path, file: BinaryIO, name: str, limit: int | None = LARGEST_RECORD) -> bytes:
        """The bytes of a record, its checksum compared; `limit`: of one that is no tensor."""
        record = self.records.get(name)
        if record is None:
            raise damaged(path, f"its part `{name}` is missing")
        if limit is not None and record.size > limit:
            raise damaged(path, f"its part `{name}` claims {record.size:,} bytes")
        file.seek(record.start)
        content = record.unpacked(path, file.read(record.stored))
        if self.checked and zlib.crc32(content) != record.crc:
            raise damaged(path, f"the checksum of its part `{name}` does not fit")
        return content

    def check_all(self, path: Path, file: BinaryIO) -> None:
        """Compares the checksum of every part, tensors too, without keeping them in memory."""
        for record in self.records.values() if self.checked else ():
            crc = 0
            for chunk in _chunks(path, file, record):
                crc = zlib.crc32(chunk, crc)
            if crc != record.crc:
                raise damaged(path, f"the checksum of its part `{record.name}` does not fit")


def _chunks(path: Path, file: BinaryIO, record: Record) -> Iterator[bytes]:
    """A part piece by piece, unpacked."""
    file.seek(record.start)
    reader, left = zlib.decompressobj(RAW), record.stored
    while left and (chunk := file.read(min(CHUNK, left))):
        left -= len(chunk)
        try:
            while chunk and record.packed is not None:
                yield reader.decompress(chunk, CHUNK)
                chunk = reader.unconsumed_tail
        except zlib.error as error:
            raise damaged(path, f"its part `{record.name}` cannot be unpacked") from error
        yield chunk


def entries_of(path: Path, file: BinaryIO) -> list[zipfile.ZipInfo]:
    """What an archive's directory says, in its order. Raises CheckpointError where it has none."""
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.infolist()
    except UNREADABLE as error:
        raise damaged(path, "its archive cannot be read, it may be truncated") from error


def read_records(
    path: Path, file: BinaryIO, size: int, entries: list[zipfile.ZipInfo], root: str = ""
) -> Archive:
    """The parts of an archive by their names without `root`, with which all begin; folders are none.

    Raises CheckpointError where its directory does not fit its content, where a part is packed otherwise than
    deflated, or where it would unpack to absurdly much.
    """
    records: dict[str, Record] = {}
    end = 0
    for entry in sorted(entries, key=lambda item: item.header_offset):
        _refuse_otherwise_packed(path, entry)
        start = _start_of(file, entry)
        if start is None or not end <= entry.header_offset <= end + DESCRIPTOR:
            raise damaged(path, "its archive's directory does not fit its content")
        end = start + entry.compress_size
        if end > size:
            raise damaged(path, "its archive's directory does not fit its content")
        if entry.is_dir() and not entry.file_size:
            continue
        record = _record(entry, root, start)
        if records.setdefault(record.name, record) is not record:
            raise damaged(path, f"its part `{record.name}` is there twice")
    _refuse_bombs(path, records.values())
    return Archive(records, any(record.crc for record in records.values()))


def _record(entry: zipfile.ZipInfo, root: str, start: int) -> Record:
    packed = entry.compress_size if entry.compress_type == zipfile.ZIP_DEFLATED else None
    return Record(entry.filename[len(root) :], start, entry.file_size, entry.CRC, packed)


def _refuse_otherwise_packed(path: Path, entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & ENCRYPTED:
        raise CheckpointError(f"`{path}` is an encrypted archive", "save it anew, without a password")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise CheckpointError(
            f"`{entry.filename}` in `{path}` is packed in a way that torch does not read either",
            "unpack the archive and pack it anew, with `zip -r -0`",
        )
    if entry.compress_type == zipfile.ZIP_STORED and entry.file_size != entry.compress_size:
        raise damaged(path, "its archive's directory does not fit its content")


def _refuse_bombs(path: Path, records: Collection[Record]) -> None:
    whole, stored = sum(record.size for record in records), sum(record.stored for record in records)
    if whole > LOOSEST * stored + SMALL:
        raise CheckpointError(
            f"`{path}` is refused: its {stored:,} bytes would unpack to {whole:,}",
            "weights do not shrink so much; if it is right, save it anew, unpacked",
        )


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


def is_unpacked(path: Path, file: BinaryIO) -> bool:
    """Whether all parts lie in the file as they are, and can be mapped."""
    return all(entry.compress_type == zipfile.ZIP_STORED for entry in entries_of(path, file))
