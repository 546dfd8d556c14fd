"""Text files, plain or gzipped, and the error that points into one."""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from getdsl.text.opener import open_file, read_at_most, read_bytes

MOST = 16 << 30  # bytes: a large genome
LONGEST = 1 << 24  # characters of a line
GZIP = b"\x1f\x8b"


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
        if content[:2] != GZIP:
            return content
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            return read_at_most(cast(BinaryIO, file), most, path)
    except FileNotFoundError:
        raise FormatError(path, 0, "there is no such file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise FormatError(path, 0, f"it cannot be read ({_reason(error)})") from error


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Line numbers from 1 and lines without their ends, read as they are asked for, unpacked where gzipped.

    Empty lines and a byte order mark are left out. Raises FormatError.
    """
    try:
        with open_file(path) as file:
            packed = file.read(2) == GZIP
            file.seek(0)
            content = gzip.GzipFile(fileobj=file) if packed else file
            with io.TextIOWrapper(cast(BinaryIO, content), "utf-8-sig") as text:
                yield from _lines(path, text)
    except FileNotFoundError:
        raise FormatError(path, 0, "there is no such file") from None
    except UnicodeDecodeError:
        raise FormatError(path, 0, "it is not a text file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise FormatError(path, 0, f"it cannot be read ({_reason(error)})") from error


def _lines(path: Path, text: TextIO) -> Iterator[tuple[int, str]]:
    number = 0
    while line := text.readline(LONGEST):
        number += 1
        if len(line) == LONGEST:
            raise FormatError(path, number, f"the line is longer than {LONGEST:,} characters")
        if line.strip():
            yield number, line.rstrip("\n")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
