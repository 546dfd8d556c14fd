"""Checkpoints of a getdsl run: one safetensors file with its record and the hash of its own content.

The metadata hold `getdsl`, the record as JSON, and `getdsl.sha256`, the sha256 of the whole file with
64 zeros in the hash's own place. What a run needs to go on lies under `training:`, its tensors beside the
weights and the rest as JSON in the metadata `getdsl.training`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from getdsl.weights.errors import CheckpointError, damaged
from getdsl.weights.hashing import CHUNK

RECORD, SHA256, TRAINING = "getdsl", "getdsl.sha256", "getdsl.training"
PREFIX = "training:"
FORMAT, VERSION = "getdsl/checkpoint", 2
BLANK = "0" * 64
MARK = f'"{SHA256}":"'.encode()


def is_ours(metadata: Mapping[str, str]) -> bool:
    """Whether a file means to be one of ours: a damaged one may have lost one of the entries, not all."""
    return RECORD in metadata or SHA256 in metadata or TRAINING in metadata


def read_record(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    """The record of a run. Raises CheckpointError where it is damaged, or of a version that is not ours."""
    try:
        record = json.loads(metadata[RECORD])
        version = record["version"] if record["format"] == FORMAT else None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(path, "the record of its run cannot be read") from error
    if version is None:
        raise damaged(path, "the record of its run is of an unknown format")
    if version != VERSION:
        raise CheckpointError(
            f"`{path}` is a checkpoint of version {version}, and this getdsl reads {VERSION}",
            "use the version of getdsl that wrote it",
        )
    return dict(record)


def content_hash(path: Path, file: BinaryIO) -> tuple[str, int]:
    """The sha256 of a checkpoint's content, and where in the file it is noted."""
    file.seek(0)
    length = int.from_bytes(file.read(8), "little")
    header = file.read(length)
    at = header.find(MARK)
    if at < 0 or len(header) < length:
        raise damaged(path, "the hash of its content is missing")
    at += len(MARK)
    digest = hashlib.sha256(length.to_bytes(8, "little"))
    digest.update(header[:at] + BLANK.encode() + header[at + 64 :])
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest(), 8 + at


def check_content(path: Path, file: BinaryIO, metadata: Mapping[str, str]) -> str:
    """The hash of a checkpoint's content. Raises CheckpointError where it is not the noted one."""
    found, _ = content_hash(path, file)
    if found != metadata.get(SHA256):
        raise damaged(path, "its content does not fit its hash")
    return found
