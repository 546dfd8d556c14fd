"""Parsed faces are kept in the user's cache, and a cache that is damaged or read-only does no harm."""

from pathlib import Path

import pytest

from getdsl.compiler import library


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / name)
    return tmp_path / "getdsl/faces"


def test_a_face_is_parsed_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = library.index()["Linear"]
    first = library.face(path)
    assert next(item.name for item in cache.iterdir()).startswith("linear-")
    monkeypatch.setattr(library, "_parse", lambda path: pytest.fail("parsed again"))
    again = library.face(path)
    [before], [after] = first.items, again.items
    assert before.span.text == after.span.text
    assert repr(before) == repr(after)


@pytest.mark.parametrize("damage", [b"", b"\x80\x05broken", b"\x80\x05K\x01."])
def test_a_damaged_cache_is_made_again(cache: Path, damage: bytes) -> None:
    path = library.index()["Linear"]
    whole = repr(library.face(path))
    [kept] = cache.iterdir()
    kept.write_bytes(damage)
    assert repr(library.face(path)) == whole
    assert kept.read_bytes() != damage


def test_a_cache_that_cannot_be_written_is_done_without(cache: Path) -> None:
    cache.parent.parent.mkdir(exist_ok=True)
    cache.parent.write_text("a file where the folder should be")
    assert library.face(library.index()["Linear"]).items


def test_every_face_parses_and_defines_what_the_index_says() -> None:
    for name, path in library.index().items():
        assert name in {getattr(item, "name", None) for item in library.face(path).items}
