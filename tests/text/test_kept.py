"""What is kept in a cache is read back whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from getdsl.text.kept import keep, read_kept

DATA = {"a": [1, 2.5, None, "é"], "b": {}}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "kept.json"
    keep(path, DATA)
    return path


def test_data_comes_back(kept: Path) -> None:
    assert read_kept(kept) == DATA
    assert [path.name for path in kept.parent.iterdir()] == ["kept.json"]


@pytest.mark.parametrize("place", [0, 70, -1])
def test_a_changed_byte_is_seen(kept: Path, place: int) -> None:
    data = bytearray(kept.read_bytes())
    data[place] ^= 1
    kept.write_bytes(data)
    assert read_kept(kept) is None


@pytest.mark.parametrize("data", [b"", b"\n", b"{}", b"\x80\x05K\x01."])
def test_other_files_are_nothing(kept: Path, data: bytes) -> None:
    kept.write_bytes(data)
    assert read_kept(kept) is None


def test_a_file_that_others_may_write_is_not_trusted(kept: Path) -> None:
    kept.chmod(0o646)
    assert read_kept(kept) is None
    kept.chmod(0o664)
    assert read_kept(kept) is None
    kept.chmod(0o644)
    assert read_kept(kept) == DATA


def test_a_file_is_kept_for_its_user_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keep(tmp_path / "kept.json", DATA)
    finally:
        os.umask(before)
    assert (tmp_path / "kept.json").stat().st_mode & 0o777 == 0o600
    assert read_kept(tmp_path / "kept.json") == DATA


def test_a_file_of_another_user_is_not_trusted(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: kept.stat().st_uid + 1)
    assert read_kept(kept) is None


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    keep(tmp_path / "file" / "kept.json", DATA)
    assert read_kept(tmp_path / "file" / "kept.json") is None
