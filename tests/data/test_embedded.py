"""Embedded data: names, the cache, and two processes at once."""

import multiprocessing
import os
import shutil
from pathlib import Path

import pytest
import zarr
from getdsl.data.layout import fingerprint_regions, open_regions

from getdsl.data import embedded, layout
from getdsl.data.errors import DataError


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


@pytest.mark.parametrize("harm", ["a chunk", "the attributes", "the proof", "all of it", "a value"])
def test_a_damaged_set_is_built_again_in_silence(
    harm: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = embedded.build_promoters(tmp_path)
    whole = fingerprint_regions(open_regions(path))
    if harm == "a chunk":
        next(item for item in path.glob("sequence/c/**/*") if item.is_file()).write_bytes(b"damaged")
    elif harm == "the attributes":
        (path / "zarr.json").write_text("{}")
    elif harm == "the proof":
        path.with_suffix(".json").unlink()
    elif harm == "a value":
        zarr.open_group(path, mode="a")["cut_sites"][0] = 7
    else:
        shutil.rmtree(path.parent)
        path.parent.mkdir()
        path.write_text("a file")
    assert embedded.build_promoters(tmp_path) == path
    assert fingerprint_regions(open_regions(path)) == whole
    assert capfd.readouterr() == ("", "")


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
    assert embedded._is_right(paths[0])
    assert [path.name for path in tmp_path.iterdir()] == [paths[0].parent.name]


def test_another_process_may_be_faster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare = embedded.prepare

    def slower_than_another(*files: Path) -> None:
        monkeypatch.setattr(embedded, "prepare", prepare)
        embedded.build_promoters(tmp_path)
        prepare(*files)

    monkeypatch.setattr(embedded, "prepare", slower_than_another)
    path = embedded.build_promoters(tmp_path)
    assert embedded._is_right(path)
    assert [each.name for each in tmp_path.iterdir()] == [path.parent.name]
