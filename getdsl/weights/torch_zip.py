"""The archive around a torch checkpoint, held against the file before anything in it is used."""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from getdsl.weights.errors import CheckpointError, damaged

LOCAL = struct.Struct("<4s5H3L2H")
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


def read_archive(path: Path, file: BinaryIO, size: int) -> Archive:
    """The records of a torch archive: stored as they are, within the file, apart from each other.

    Raises CheckpointError for any other archive, and for one whose directory does not fit its content.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except UNREADABLE as error:
        raise damaged(path, "its archive cannot be read, it may be truncated") from error
    records: dict[str, Record] = {}
    end = 0
    root = entries[0].filename.partition("/")[0] + "/" if entries else ""
    for entry in sorted(entries, key=lambda item: item.header_offset):
        record = _record(path, file, entry, root, end, size)
        if record.name in records:
            raise damaged(path, f"its part `{record.name}` is there twice")
        records[record.name] = record
        end = record.start + record.size
    _refuse_other_archives(path, records)
    return Archive(records, any(record.crc for record in records.values()))


def _record(path: Path, file: BinaryIO, entry: zipfile.ZipInfo, root: str, end: int, size: int) -> Record:
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
        raise CheckpointError(
            f"`{path}` is an archive with compressed parts (`{entry.filename}`), which torch never writes",
            "unpack it, and name the checkpoint inside; or save it anew with `torch.save`",
        )
    if entry.flag_bits & 0x1:
        raise CheckpointError(f"`{path}` is an encrypted archive", "save it anew, without a password")
    if not entry.filename.startswith(root) or root == "/" or entry.filename == root:
        raise CheckpointError(
            f"`{path}` is a zip archive, but not one that torch wrote",
            "name a checkpoint, such as `torch.save` writes",
        )
    file.seek(entry.header_offset)
    head = file.read(LOCAL.size)
    if len(head) < LOCAL.size:
        raise damaged(path, "its archive's directory does not fit its content")
    magic, _, flags, method, _, _, _, _, _, name_size, extra_size = LOCAL.unpack(head)
    name, extra = file.read(name_size), file.read(extra_size)
    start = entry.header_offset + LOCAL.size + name_size + extra_size
    fits = (
        magic == b"PK\x03\x04"
        and method == zipfile.ZIP_STORED
        and flags == entry.flag_bits
        and name == entry.orig_filename.encode("utf-8" if flags & 0x800 else "cp437")
        and _well_formed(extra)
        and end <= entry.header_offset <= end + 24  # a data descriptor at most lies between
        and start + entry.file_size <= size
    )
    if not fits:
        raise damaged(path, "its archive's directory does not fit its content")
    return Record(entry.filename[len(root) :], start, entry.file_size, entry.CRC)


def _well_formed(extra: bytes) -> bool:
    """Whether extra fields follow each other without rest, as the alignment of torch's tensors needs."""
    at = 0
    while at + 4 <= len(extra):
        at += 4 + int.from_bytes(extra[at + 2 : at + 4], "little")
    return at == len(extra)


def _refuse_other_archives(path: Path, records: dict[str, Record]) -> None:
    if "data.pkl" not in records:
        raise CheckpointError(
            f"`{path}` is a zip archive, but not one that torch wrote",
            "name a checkpoint, such as `torch.save` writes",
        )
    if "constants.pkl" in records:
        raise CheckpointError(
            f"`{path}` is a TorchScript program, not a checkpoint",
            "save its weights: `torch.save(torch.jit.load(path).state_dict(), new_path)`",
        )
