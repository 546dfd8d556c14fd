"""Torch checkpoints as data: what they hold, told without torch and without running them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from getdsl.weights.archive import Record
from getdsl.weights.errors import CheckpointError, UntrustedError, damaged
from getdsl.weights.pickled.claims import MalformedError, Storage
from getdsl.weights.pickled.reader import (
    ForeignNameError,
    read_pickle,
    read_pickle_bytes,
)
from getdsl.weights.torch_zip import read_archive

MAGIC = 0x1950A86A20F9469CFC6C  # of the format before torch 1.6, a row of pickles
PROTOCOL = 1001


@dataclass(frozen=True)
class TorchFile:
    """A torch checkpoint as data: its content with Leaves for tensors, and the bytes of each storage."""

    content: Any
    values: Mapping[str, Record]
    foreign: tuple[str, ...]  # names that stand-ins were put for
    by_torch: bool  # whether torch's own reader of data takes it as well


def read_torch(path: Path, file: BinaryIO, size: int, *, trusted: bool = False) -> TorchFile:
    """A torch checkpoint of either format. Raises as `read_zip`."""
    file.seek(0)
    read = read_zip if file.read(2) == b"PK" else read_legacy
    file.seek(0)
    return read(path, file, size, trusted=trusted)


def read_zip(path: Path, file: BinaryIO, size: int, *, trusted: bool = False) -> TorchFile:
    """A torch archive.

    Raises CheckpointError where it is damaged, where its storages are not of the size that it claims, and
    where it holds more than tensors and plain containers and is not `trusted` (UntrustedError).
    """
    archive = read_archive(path, file, size)
    if "byteorder" in archive.records and archive.read(path, file, "byteorder") != b"little":
        raise CheckpointError(
            f"`{path}` was written on a big-endian machine", "save it anew on a little-endian one"
        )
    for name in archive.records:
        if not name.startswith("data/"):  # checksums of values are compared when they are loaded
            archive.read(path, file, name)
    with reading(path):
        read = read_pickle_bytes(archive.read(path, file, "data.pkl"), trusted=trusted)
    found = {}
    for storage in read.storages.values():
        values = archive.records.get(f"data/{storage.key}")
        if values is None:
            raise damaged(path, f"the values of its storage {storage.key} are missing")
        if values.size != storage.size:
            claim = f"{storage.size:,} bytes are claimed"
            raise damaged(path, f"its storage {storage.key} has {values.size:,} bytes where {claim}")
        found[storage.key] = values
    return TorchFile(read.content, found, read.foreign, read.by_torch)


def read_legacy(path: Path, file: BinaryIO, size: int, *, trusted: bool = False) -> TorchFile:
    """A checkpoint as torch wrote them before 1.6. Raises as `read_zip`."""
    with reading(path):
        magic, protocol, machine = (read_pickle(file).content for _ in range(3))
        if magic != MAGIC or protocol != PROTOCOL:
            raise MalformedError("it is a pickle, but not one of torch's")
        read = read_pickle(file, trusted=trusted)
        keys = read_pickle(file).content
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise CheckpointError(
            f"`{path}` was written on a big-endian machine", "save it anew on a little-endian one"
        )
    if not isinstance(keys, list) or sorted(map(str, keys)) != sorted(read.storages):
        raise damaged(path, "its list of storages does not fit its tensors")
    values = _values(path, file, [read.storages[str(key)] for key in keys], size)
    return TorchFile(read.content, values, read.foreign, read.by_torch)


def _values(path: Path, file: BinaryIO, storages: list[Storage], size: int) -> dict[str, Record]:
    """Each storage is its count in 8 bytes, then its numbers."""
    found = {}
    for storage in storages:
        count = int.from_bytes(file.read(8), "little")
        found[storage.key] = Record(storage.key, file.tell(), storage.size, 0)
        if count != storage.count or file.tell() + storage.size > size:
            raise damaged(path, f"it is truncated, or its storage {storage.key} is not of the claimed size")
        file.seek(storage.size, 1)
    if file.tell() != size:
        raise damaged(path, "there is more in it than its tensors")
    return found


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns what a pickle's reader raises into a sentence about `path`."""
    try:
        yield
    except ForeignNameError as error:
        raise UntrustedError(path, error.name) from error
    except MalformedError as error:
        raise damaged(path, str(error)) from error
