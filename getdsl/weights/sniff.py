"""What a file is, told by its bytes and not by its name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO, Literal

from getdsl.text.opener import open_file
from getdsl.weights.errors import CheckpointError, damaged

Kind = Literal["safetensors", "index", "zip", "legacy", "hdf5"]
HDF5 = b"\x89HDF\r\n\x1a\n"
MAX_HEADER = 100_000_000  # bytes, as the safetensors library has it
HEAD = 512  # bytes that tell
BOM = b"\xef\xbb\xbf"
MAGIC = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"  # torch's magic number, pickled
LEGACY = re.compile(rb"\x80[\x02-\x05](\x95.{8})?" + re.escape(MAGIC), re.DOTALL)

UNPACK, CONVERT = "unpack it first", "convert it to safetensors"
FOREIGN = tuple(
    (re.compile(mark, re.DOTALL), what, help)
    for mark, what, help in (
        (
            rb"version https://git-lfs",
            "a Git LFS pointer, not the file itself",
            "`git lfs pull` fetches it",
        ),
        (rb"<|\xff\xfe<\0|\xfe\xff\0<", "a web page", "check the address; some sites ask to log in first"),
        (rb"\[", "JSON, not a checkpoint", "check the address, or convert it to safetensors"),
        (rb"\x1f\x8b", "compressed with gzip", UNPACK),
        (rb"BZh", "compressed with bzip2", UNPACK),
        (rb"\xfd7zXZ", "compressed with xz", UNPACK),
        (rb"\x28\xb5\x2f\xfd", "compressed with zstd", UNPACK),
        (rb"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
        (rb"Rar!", "a RAR archive", UNPACK),
        (rb".{257}ustar", "a tar archive", UNPACK),
        (rb"GGUF", "a GGUF file", CONVERT),
        (rb"\x93NUMPY", "a single NumPy array, without a name", "save it by name, with `numpy.savez`"),
        (rb"\x08\x01\x12", "a TensorFlow SavedModel", "save the weights as HDF5 or safetensors"),
        (rb"model_checkpoint_path:", "a TensorFlow checkpoint", "save the weights as HDF5 or safetensors"),
        (rb".{4}TFL3", "a TensorFlow Lite model", "take the model that it was made from"),
        (rb"\x08[\x02-\x7f][\x12\x1a\x22\x28\x32\x3a\x42]", "an ONNX model", CONVERT),
        (rb"([\x81-\x8f]|\xde..|\xdf.{4})([\xa1-\xbf]|\xd9.)\w", "a msgpack file, as Flax writes", CONVERT),
        (rb"PAR1|ARROW1", "a table of data", "name a file of weights"),
        (rb"MATLAB 5\.0", "a MATLAB file", CONVERT),
    )
)
TENSORFLOW_TAIL = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"  # ends the index of a TensorFlow checkpoint


def looks_like_checkpoint(head: bytes) -> bool:
    """Whether a file that begins so is a checkpoint of some kind, damaged or not, and no text."""
    header = head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= MAX_HEADER
    return header or head.startswith((b"PK\x03\x04", b"\x80", HDF5))


def is_checkpoint(path: Path) -> bool:
    """Whether a path leads to a checkpoint and not to a spec: told by its first bytes. Folders are runs."""
    if path.is_dir():
        return True
    try:
        with open_file(path) as file:
            return looks_like_checkpoint(file.read(64))
    except OSError:
        return False  # the reader of specs says what is wrong


def kind_of(path: Path, file: BinaryIO, size: int) -> Kind:
    """Raises CheckpointError for what is no checkpoint."""
    head = file.read(HEAD)
    file.seek(0)
    if not head:
        raise damaged(path, "it is empty")
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if LEGACY.match(head):
        return "legacy"
    if head.startswith(HDF5):
        return "hdf5"
    length = int.from_bytes(head[:8], "little")
    if head[8:9] == b"{" and length <= min(size - 8, MAX_HEADER):
        return "safetensors"  # whatever the first byte of its length is, `{` too
    if _text(head).startswith(b"{"):
        return "index"
    if head[8:9] == b"{":
        raise damaged(path, f"it is truncated, or its header lies: that claims {length:,} bytes")
    raise _foreign(path, head, _tail(file, size))


def _text(head: bytes) -> bytes:
    """What a text begins with, without its byte order mark and the blank before it."""
    return head.removeprefix(BOM).lstrip()


def _tail(file: BinaryIO, size: int) -> bytes:
    file.seek(max(0, size - len(TENSORFLOW_TAIL)))
    return file.read(len(TENSORFLOW_TAIL))


def _foreign(path: Path, head: bytes, tail: bytes) -> CheckpointError:
    """Why a file that begins and ends so is none of ours."""
    for mark, what, help in FOREIGN:
        if mark.match(head) or mark.match(_text(head)):
            return CheckpointError(f"`{path}` is {what}", help)
    if tail == TENSORFLOW_TAIL or re.search(r"\.data-\d+-of-\d+$", path.name):
        return CheckpointError(
            f"`{path}` is a part of a TensorFlow checkpoint", "save the weights as HDF5 or safetensors"
        )
    if head[:1] == b"\x80" and head[1:2] <= b"\x05":
        return CheckpointError(
            f"`{path}` is a pickle, but not one that torch wrote; pickles can run code and are not opened",
            "save the weights with `torch.save` or as safetensors",
        )
    return CheckpointError(
        f"`{path}` is not a checkpoint",
        "`load` reads files of safetensors, torch, Keras and NumPy",
    )
