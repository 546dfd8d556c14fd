"""Lines of text files: what is read, and what is said of a file that cannot be."""

import gzip
import itertools
import tracemalloc
from pathlib import Path

import pytest

from getdsl.formats import text
from getdsl.formats.text import FormatError, read_lines

LINES = b"\xef\xbb\xbfone\r\n\n \t\r\ntwo\ttail\nlast"


@pytest.mark.parametrize("content", [LINES, gzip.compress(LINES, mtime=0)], ids=["plain", "gzip"])
def test_lines_keep_their_numbers(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.bed"
    path.write_bytes(content)
    assert list(read_lines(path)) == [(1, "one"), (4, "two\ttail"), (5, "last")]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff\xfe\x00\x01", "it is not a text file"),
        (gzip.compress(LINES, mtime=0)[:-12], "it cannot be read"),
        (b"\x1f\x8bnonsense", "it cannot be read"),
        (b"a\n" + b"b" * (1 << 12), "the line is longer than"),
    ],
    ids=["binary", "truncated", "no gzip", "one line"],
)
def test_what_cannot_be_read_is_said(
    tmp_path: Path, content: bytes, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "LONGEST", 1 << 10)
    path = tmp_path / "x.bed"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=problem):
        list(read_lines(path))


def test_a_file_is_not_held_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.bed.gz"
    path.write_bytes(gzip.compress(b"chrI\t1\t2\n" * 4_000_000))  # 36 MB of text
    tracemalloc.start()
    assert len(list(itertools.islice(read_lines(path), 1000))) == 1000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20
