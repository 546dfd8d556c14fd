"""Embedded data: names, the cache, and two processes at once."""

import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from getdsl.data import embedded, layout
from getdsl.data.errors import DataError
from getdsl.data.layout import fingerprint_regions, open_regions


def test_a_plain_path_is_left_alone() -> None:
    assert embedded.resolve("some/data.zarr") == Path("some/data.zarr")


def test_a_packaged_file_resolves() -> None:
    assert embedded.resolve("getdsl:yeast/JASPAR2026_fungi.meme").read_text().startswith("MEME")


def test_every_embedded_file_is_named_in_its_sources() -> None:
    sources = embedded.resolve("getdsl:yeast/SOURCES.md").read_text()
    files = [Path(name).name for name in embedded.embedded_names()]
    assert [name for name in files if name not in sources and name != "SOURCES.md"] == []


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(DataError, match=r"did you mean yeast/promoters.zarr\?.*yeast/genes_tss.tsv"):
        embedded.resolve("getdsl:yeast/promotors.zarr")


def test_promoters_are_built_in_the_cache_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(tmp_path / name))
    path = embedded.resolve("getdsl:yeast/promoters.zarr")
    assert path.is_relative_to(tmp_path / "getdsl")
    monkeypatch.setattr(embedded, "prepare", lambda *_: pytest.fail("built twice"))
    assert embedded.resolve("getdsl:yeast/promoters.zarr") == path


def test_other_raw_files_get_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = embedded._key()
    (tmp_path / "genes").write_text("other")
    monkeypatch.setattr(embedded, "_GENES", tmp_path / "genes")
    assert embedded._key() != before


def test_a_build_that_is_broken_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(path: Path, *_: object) -> None:
        path.mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(layout, "_write_arrays", break_off)
    with pytest.raises(KeyboardInterrupt):
        embedded.build_promoters(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.parent != tmp_path] == []


@pytest.mark.skipif(os.geteuid() == 0, reason="the root user may write anywhere")
def test_a_read_only_cache_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DataError, match="XDG_CACHE_HOME"):
        embedded.build_promoters(tmp_path / "cache")


def test_a_cache_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(DataError, match="XDG_CACHE_HOME"):
        embedded.build_promoters(tmp_path / "cache")


def test_two_processes_at_once_agree(tmp_path: Path, promoters: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        paths = pool.map(embedded.build_promoters, [tmp_path, tmp_path], chunksize=1)
    assert paths[0] == paths[1]
    assert fingerprint_regions(open_regions(paths[0])) == fingerprint_regions(open_regions(promoters))
    assert [path.name for path in paths[0].parent.iterdir()] == [paths[0].name]


def test_whoever_comes_second_keeps_the_first_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_arrays = layout._write_arrays

    def another_is_faster(path: Path, *rest: Any) -> None:
        write_arrays(path, *rest)
        (path.parents[1] / path.name).mkdir()
        (path.parents[1] / path.name / "first").touch()

    monkeypatch.setattr(layout, "_write_arrays", another_is_faster)
    path = embedded.build_promoters(tmp_path)
    assert [each.name for each in path.iterdir()] == ["first"]
    assert [each.name for each in path.parent.iterdir()] == [path.name]
