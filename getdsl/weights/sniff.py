"""What a file is, told by its bytes and not by its name."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Literal

from getdsl.weights.errors import CheckpointError, damaged

Kind = Literal["safetensors", "index", "zip", "legacy"]
MAX_HEADER = 100_000_000  # bytes, as the safetensors library has it
LEGACY = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"  # a pickle of torch's magic number

FOREIGN = (
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself", "`git lfs pull` fetches the file"),
    (b"\x89HDF", "an HDF5 file", "convert it to safetensors"),
    (b"\x1f\x8b", "compressed with gzip", "unpack it first"),
    (b"BZh", "compressed with bzip2", "unpack it first"),
    (b"\xfd7zXZ", "compressed with xz", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it first"),
    (b"<", "a web page", "check the address; some sites ask to log in first"),
    (b"GGUF", "a GGUF file", "convert it to safetensors"),
    (b"\x93NUMPY", "a NumPy array", "convert it to safetensors"),
)


def looks_like_checkpoint(head: bytes) -> bool:
    """Whether a file that begins so is a checkpoint of some kind, damaged or not, and no text."""
    header = head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= MAX_HEADER
    return header or head.startswith((b"PK\x03\x04", b"\x80"))


def kind_of(path: Path, file: BinaryIO, size: int) -> Kind:
    """Raises CheckpointError for what is no checkpoint."""
    head = file.read(64)
    file.seek(0)
    if not head:
        raise damaged(path, "it is empty")
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head.startswith(LEGACY):
        return "legacy"
    if head[:1] == b"{":
        return "index"
    if head[8:9] == b"{":
        _check_length(path, int.from_bytes(head[:8], "little"), size)
        return "safetensors"
    raise _foreign(path, head)


def _check_length(path: Path, length: int, size: int) -> None:
    if length > min(size - 8, MAX_HEADER):
        raise damaged(path, f"it is truncated, or its header lies: that claims {length:,} bytes")


def _foreign(path: Path, head: bytes) -> CheckpointError:
    """Why a file that begins so is none of ours."""
    for magic, what, help in FOREIGN:
        if head.lstrip().startswith(magic):
            return CheckpointError(f"`{path}` is {what}", help)
    if head[:1] == b"\x80" and head[1:2] <= b"\x05":
        return CheckpointError(
            f"`{path}` is a pickle, but not one that torch wrote; pickles can run code and are not opened",
            "save the weights with `torch.save` or as safetensors",
        )
    return CheckpointError(
        f"`{path}` is not a checkpoint", "`load` reads safetensors files and those of `torch.save`"
    )
