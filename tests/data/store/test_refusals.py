"""A store that cannot be read from says why, and what is said to mend it does."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from getdsl.compiler.spec import Spec
from getdsl.data.errors import DataError
from getdsl.diagnostics import UserError
from getdsl.runs.preparing.prepare import prepare
from getdsl.runs.run_folder.lock import locked
from tests.data.store.files import BATCH, REGIONS, TRACKS, opened, spec_of, write_track


@pytest.fixture
def store(small: Spec, tmp_path: Path) -> Path:
    return prepare(small, tmp_path / "batches.zarr").path


def refused(spec: Spec) -> str:
    """What is said of a store when batches are read from it."""
    with pytest.raises(DataError) as caught:
        opened(spec).batch(np.arange(REGIONS))
    return str(caught.value)


def change(path: Path, **attributes: Any) -> None:
    about = json.loads((path / "zarr.json").read_text())
    about["attributes"] |= attributes
    (path / "zarr.json").write_text(json.dumps(about))


def cut(path: Path, size: int) -> None:
    os.truncate(path, size)


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


DAMAGES: dict[str, tuple[Callable[[Path], Any], list[str]]] = {
    "cut off": (lambda path: change(path, complete=False), ["cut off in writing", "goes on with it"]),
    "a shard is short": (lambda path: cut(path / "batch/profile/c.0.0.0", 99), ["c.0.0.0", "99", "damaged"]),
    "a shard is empty": (lambda path: cut(path / "batch/profile/c.0.0.0", 0), ["c.0.0.0", "damaged"]),
    "an index": (lambda path: flip(path / "batch/profile/c.0.0.0", -5), ["its index", "damaged"]),
    "a shard is gone": (
        lambda path: (path / "batch/score/c.0").unlink(),
        ["batch/score/c.0", "cannot be read"],
    ),
    "an array's record": (
        lambda path: cut(path / "batch/score/zarr.json", 30),
        ["score/zarr.json", "damaged"],
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_is_damaged_is_said_and_mended(small: Spec, store: Path, name: str) -> None:
    damage, words = DAMAGES[name]
    whole = opened(small, direct=True)
    damage(store)
    said = refused(small)
    assert all(word in said for word in [str(store), "getdsl prepare SPEC", *words]), said
    again = "--overwrite" in said
    prepare(small, store, overwrite=again)
    indices = np.arange(len(whole))
    for key, value in opened(small).batch(indices).items():
        assert np.array_equal(value, whole.batch(indices)[key])


def test_bytes_that_changed_are_found_by_prepare(small: Spec, store: Path, tmp_path: Path) -> None:
    before = (store / "batch/profile/c.0.0.0").read_bytes()
    flip(store / "batch/profile/c.0.0.0", 11)
    done = prepare(small, store)
    assert done.again == {"profile": "bytes of it had changed since they were written"}
    assert (store / "batch/profile/c.0.0.0").read_bytes() == before


def test_a_newer_version(small: Spec, store: Path) -> None:
    change(store, version=2)
    assert "a store of version 2, and this getdsl knows 1; use a newer getdsl" in refused(small)
    with pytest.raises(UserError, match="version 2"):
        prepare(small, store)
    prepare(small, store, overwrite=True)
    opened(small)


def test_a_damaged_group_is_made_anew(small: Spec, store: Path) -> None:
    cut(store / "zarr.json", 30)
    assert "it is damaged; `getdsl prepare SPEC --overwrite` makes it anew" in refused(small)
    prepare(small, store, overwrite=True)
    opened(small)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ("length = 40, jitter = 7", "length = 20, jitter = 7"),
            "reader `profile` differs: length 40 there, 20 here",
        ),
        (('"sum"', '"mean"'), 'reader `count` differs: reduce "sum" there, "mean" here'),
        (
            ('Column("score")', 'Signal("one.bw", length = 9)'),
            "reader `score` differs: `Column` there, `Signal` here",
        ),
        (('Signal("one.bw"', 'Signal(["one.bw"]'), 'reader `binned` differs: files "…" there, ["…"] here'),
        (('Signal("one.bw"', 'Signal("two.bw"'), "reader `binned` differs: one.bw there, two.bw here"),
        (("score    =", "points ="), "it has no `points`"),
    ],
)
def test_another_declaration(
    small: Spec, store: Path, tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    kept = {path: path.stat().st_mtime_ns for path in store.glob("batch/*/c*")}
    other = spec_of(tmp_path, BATCH.format(length=40).replace(*change))
    said = refused(other)
    assert words in said
    assert said.endswith("`getdsl prepare SPEC` mends it.")
    done = prepare(other, store)
    opened(other)
    assert len(done.again) == ("no `points`" not in words)
    untouched = [path for path, time in kept.items() if path.exists() and path.stat().st_mtime_ns == time]
    assert len(untouched) >= len(kept) - 1


def test_a_file_that_changed(small: Spec, store: Path, tmp_path: Path) -> None:
    write_track(tmp_path / "minus.bw", np.random.default_rng(9))
    assert "reader `profile` differs: minus.bw has changed since" in refused(small)
    prepare(small, store)
    opened(small)


def test_files_that_are_gone_are_not_needed(small: Spec, store: Path, tmp_path: Path) -> None:
    before = opened(small).fingerprint()
    for track in TRACKS:
        (tmp_path / f"{track}.bw").unlink()
    assert opened(small).fingerprint() == before


def test_other_regions(small: Spec, store: Path, tmp_path: Path) -> None:
    peaks = (tmp_path / "peaks.bed").read_text().splitlines()
    chrom, _, end, *rest = peaks[3].split("\t")
    (tmp_path / "peaks.bed").write_text(
        "\n".join([*peaks[:3], "\t".join([chrom, "5", end, *rest]), *peaks[4:]])
    )
    said = refused(small)
    assert f"the regions differ: row 3 is {chrom}:" in said
    assert f"there, {chrom}:5-{end} here; `getdsl prepare SPEC --overwrite` makes it anew" in said
    with pytest.raises(UserError, match="the regions differ: row 3 is") as caught:
        prepare(small, store)
    assert "--overwrite" in str(caught.value.help)
    prepare(small, store, overwrite=True)
    opened(small)


def test_another_genome(small: Spec, store: Path, tmp_path: Path) -> None:
    text = (tmp_path / "genome.fa").read_text()
    (tmp_path / "genome.fa").write_text(text.replace("ACG", "AGG", 1))
    assert "the genome differs: genome.fa there, genome.fa here" in refused(small)


def test_other_folders_are_left_alone(small: Spec, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years")
    for overwrite in (False, True):
        with pytest.raises(UserError, match=r"something else, such as thesis\.txt"):
            prepare(small, folder, overwrite=overwrite)
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]
    with pytest.raises(UserError, match="cannot be made"):
        prepare(small, folder / "thesis.txt")


def test_other_zarr_groups_are_left_alone(small: Spec, tmp_path: Path) -> None:
    import zarr

    path = tmp_path / "other.zarr"
    zarr.open_group(path, mode="w").attrs["layout"] = "mine"
    for overwrite in (False, True):
        with pytest.raises(UserError, match="it is no store of batches"):
            prepare(small, path, overwrite=overwrite)


def test_two_prepares_at_once(small: Spec, tmp_path: Path) -> None:
    path = tmp_path / "batches.zarr"
    path.mkdir()
    with locked(path), pytest.raises(UserError, match=r"is in use: process .* prepares it"):
        prepare(small, path)


def test_a_full_disk(small: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "batches.zarr"

    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("getdsl.data.store.filling.write_shard", full)
        with pytest.raises(UserError, match="the disk is full"):
            prepare(small, path)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=9))
        with pytest.raises(UserError, match=r"GB are still to be written, and 0\.0 GB are free"):
            prepare(small, path)
    prepare(small, path)
    opened(small)


def test_a_reader_that_fails_leaves_nothing(small: Spec, tmp_path: Path) -> None:
    (tmp_path / "minus.bw").write_bytes(b"no bigWig")
    with pytest.raises(UserError, match=r"minus\.bw"):
        prepare(small, tmp_path / "batches.zarr")
    assert not (tmp_path / "batches.zarr").exists()
