"""Text files, plain or gzipped, and the error that points into one."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from getdsl.text.opener import open_file, read_at_most, read_bytes

MOST = 16 << 30  # bytes: a large genome
LONGEST = 1 << 24  # characters of a line
BLOCK = 4 << 20  # bytes that are read at once

GZIP = b"\x1f\x8b"
BGZIP_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block at the end of bgzip's files (SAM specification, 4.1.2)."""
CUT_OFF = "it cannot be read to its end: it is cut off"
COPY_AGAIN = "copy or compress it again"


class FormatError(ValueError):
    """A file that is not what its reader expects. `line` is 1-based; 0 means the file as a whole.

    `fix` says what to do about it, where there is more to say than that it must be corrected.
    """

    def __init__(self, path: Path, line: int, problem: str, fix: str = "") -> None:
        self.path = path
        self.line = line
        self.problem = problem
        self.fix = fix
        text = f"{problem}; {fix}" if fix else problem
        super().__init__(f"{path}:{line}: {text}" if line else f"{path}: {text}")

    def __reduce__(self) -> tuple[type["FormatError"], tuple[Path, int, str, str]]:
        return type(self), (self.path, self.line, self.problem, self.fix)


def read_content(path: Path, most: int = MOST) -> bytes:
    """The file's content, decompressed where its first bytes are gzip's; at most `most` bytes of either."""
    with _reported(path):
        content = read_bytes(path, most)
        if content[:2] != GZIP:
            return content
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            return read_at_most(cast(BinaryIO, file), most, path)


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Line numbers from 1 and lines without their ends, read as they are asked for, unpacked where gzipped.

    Empty lines and a byte order mark are left out. Raises FormatError.
    """
    with unpacked(path) as content, io.TextIOWrapper(content, "utf-8-sig") as text:
        yield from _lines(path, text)


def _lines(path: Path, text: TextIO) -> Iterator[tuple[int, str]]:
    number = 0
    while line := text.readline(LONGEST):
        number += 1
        if len(line) == LONGEST:
            raise FormatError(path, number, f"the line is longer than {LONGEST:,} characters")
        if line.strip():
            yield number, line.rstrip("\n")


def read_blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """The number of a line, from 1, and some megabytes of lines from there on, each ended by a line feed.

    Unpacked where gzipped; a byte order mark and what Windows adds to line ends are left out. Raises
    FormatError.
    """
    number = 1
    for content in _whole_lines(path):
        if number == 1:
            content = content.removeprefix(codecs.BOM_UTF8)
        if b"\r" in content:
            content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"\0" in content:
            raise FormatError(path, 0, "it is not a text file")
        yield number, content
        number += content.count(b"\n")


def _whole_lines(path: Path) -> Iterator[bytes]:
    """The content in blocks that end where lines end; the last line gets an end where it has none."""
    rest = b""
    with unpacked(path) as content:
        while piece := content.read(BLOCK):
            cut = piece.rfind(b"\n") + 1
            if cut:
                yield rest + piece[:cut]
                rest = b""
            rest += piece[cut:]
            if len(rest) > LONGEST:
                raise FormatError(path, 0, f"it has a line that is longer than {LONGEST:,} characters")
    if rest:
        yield rest + b"\n"


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """The content of a file, unpacked where it begins as gzip. Raises FormatError, in reading too."""
    with _reported(path), open_file(path) as file:
        head = file.read(len(BGZIP_END))
        if is_bgzip(head):
            _refuse_cut_off(path, file)
        file.seek(0)
        yield cast(BinaryIO, gzip.GzipFile(fileobj=file)) if head[:2] == GZIP else file


def is_bgzip(head: bytes) -> bool:
    """Whether a file that begins so is gzip in blocks, which can be read from any place."""
    return head[:2] == GZIP and head[12:16] == b"BC\x02\x00"


def _refuse_cut_off(path: Path, file: BinaryIO) -> None:
    """A file of bgzip ends with an empty block; one that was cut between two blocks unpacks without error."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - len(BGZIP_END)))
    if file.read() != BGZIP_END:
        raise FormatError(path, 0, CUT_OFF, COPY_AGAIN)


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    """What goes wrong while a file is read, as a FormatError."""
    try:
        yield
    except FileNotFoundError:
        raise FormatError(path, 0, "there is no such file") from None
    except UnicodeDecodeError:
        raise FormatError(path, 0, "it is not a text file") from None
    except EOFError as error:
        raise FormatError(path, 0, CUT_OFF, COPY_AGAIN) from error
    except (OSError, zlib.error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise FormatError(path, 0, f"it cannot be read ({why})") from error


def first_names(names: Sequence[str]) -> str:
    """Names as messages list them: of many the first ones."""
    shown, more = ", ".join(names[:24]), len(names) - 24
    return f"{shown} and {more:,} more" if more > 0 else shown or "none"
