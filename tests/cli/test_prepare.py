"""`getdsl prepare`: what it prints, and what it asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from getdsl.cli import main
from getdsl.data.region_motif.region_motif import RegionMotif
from tests.data.store.files import BATCH, spec_of, write_files
from tests.data.test_region_motif_older import Folder


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    write_files(tmp_path)
    path = spec_of(tmp_path, BATCH.format(length=40)).path
    assert path is not None
    return path


def test_it_writes_where_the_spec_says(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prepare", str(spec)]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    store = spec.parent / "batches.zarr"
    assert printed.out.startswith(f"{store}: 90 regions, 5 arrays, 0.1 MB, in ")
    assert "sha256 " in printed.out
    assert main(["prepare", str(spec)]) == 0
    assert capsys.readouterr().out.splitlines()[1] == printed.out.splitlines()[1]


def test_elsewhere_it_says_how_that_is_read(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = spec.parent / "other.zarr"
    assert main(["prepare", str(spec), "-o", str(other)]) == 0
    assert f'`data` says `store = "{other}"`' in capsys.readouterr().err
    assert (other / "zarr.json").exists()
    assert not (spec.parent / "batches.zarr").exists()


def test_it_says_what_it_made_again(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prepare", str(spec)]) == 0
    spec.write_text(spec.read_text().replace("length = 60", "length = 80"))
    assert main(["prepare", str(spec)]) == 0
    assert capsys.readouterr().err == "`sequence` was made again: length 60 there, 80 here\n"


def test_no_place_for_the_store(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(spec.read_text().replace('store = "batches.zarr"', ""))
    assert main(["prepare", str(spec)]) == 1
    assert "nothing says where the store goes" in capsys.readouterr().err


def test_a_spec_without_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.get").write_text("model M {\n    input x: [B, 3]\n    output y = x\n}\n")
    assert main(["prepare", str(tmp_path / "m.get"), "-o", str(tmp_path / "x.zarr")]) == 1
    assert "has no data" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "-1", "two"])
def test_a_wrong_number_of_workers(spec: Path, number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["prepare", str(spec), f"--workers={number}"])
    assert f"`{number}` is not how many" in capsys.readouterr().err


def test_python_that_is_not_trusted_does_not_run(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        spec.read_text()
        .replace('score    = Column("score")', "gaps = Gaps()")
        .replace("int[B, R]", "int[...]")
    )
    spec.write_text(text.replace("output: int[B, R]", "output: int[B]"))
    assert main(["prepare", str(spec)]) == 1
    assert "names Python code outside the library" in capsys.readouterr().err


# -- GET's layout


REGION_MOTIF = """
    genome  = "genome.fa"
    regions = Regions("peaks.bed")
    batch {
        sequence     = Sequence(length = 30)
        region_motif = Signal(["plus.bw", "minus.bw"], reduce = "sum")
        atpm         = Signal("plus.bw", reduce = "mean")
    }
"""


def test_a_batch_in_the_layout_of_get(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(tmp_path)
    spec, store = str(spec_of(tmp_path, REGION_MOTIF).path), tmp_path / "x.zarr"
    command = ["prepare", spec, "--layout", "region_motif", "-o", str(store)]
    assert main(command) == 0
    assert capsys.readouterr().out == f"{store}: 90 regions\n"
    assert len(RegionMotif(path=str(store), num_region_per_sample=5, sampling_step=5, expression="none"))
    assert main(command) == 1
    assert "is there already" in capsys.readouterr().err
    assert main([*command, "--overwrite"]) == 0
    assert main([*command[:-2], "-o", str(tmp_path), "--overwrite"]) == 1
    assert "is no zarr group, and is not overwritten" in capsys.readouterr().err
    assert Path(spec).exists()


def test_a_folder_of_get_becomes_a_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fetal").mkdir()
    Folder(tmp_path / "fetal")
    store = tmp_path / "x.zarr"
    assert main(["prepare", "--from", str(tmp_path / "fetal"), "-o", str(store)]) == 0
    assert capsys.readouterr().out == f"{store}: a, b\n"
    assert len(RegionMotif(path=str(store), num_region_per_sample=6, sampling_step=6))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "nothing says what to prepare"),
        (["--from", "fetal"], "nothing says where the store goes"),
        (["x.get", "--from", "fetal", "-o", "x.zarr"], "a spec and `--from` were given"),
        (["--from", "fetal", "-o", "x.zarr", "--workers=2"], "written by one process"),
        (["--from", "no-such-folder", "-o", "x.zarr"], "no-such-folder"),
    ],
)
def test_what_does_not_go_together(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["prepare", *arguments]) == 1
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
