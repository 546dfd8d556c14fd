"""Text files, plain or gzipped, and the error that points into one."""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from getdsl.text.opener import read_at_most, read_bytes

MOST = 16 << 30  # bytes: a large genome


class FormatError(ValueError):
    """A file that is not what its reader expects. `line` is 1-based; 0 means the file as a whole."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        self.path = path
        self.line = line
        self.problem = problem
        super().__init__(f"{path}:{line}: {problem}" if line else f"{path}: {problem}")

    def __reduce__(self) -> tuple[type["FormatError"], tuple[Path, int, str]]:
        return type(self), (self.path, self.line, self.problem)


def read_content(path: Path, most: int = MOST) -> bytes:
    """The file's content, decompressed where its first bytes are gzip's; at most `most` bytes of either."""
    try:
        content = read_bytes(path, most)
        if content[:2] != b"\x1f\x8b":
            return content
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            return read_at_most(cast(BinaryIO, file), most, path)
    except FileNotFoundError:
        raise FormatError(path, 0, "there is no such file") from None
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise FormatError(path, 0, f"it cannot be read ({why})") from error


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Line numbers from 1 and lines without their ends; empty lines are left out."""
    try:
        text = read_content(path).decode()
    except UnicodeDecodeError:
        raise FormatError(path, 0, "it is not a text file") from None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, line
