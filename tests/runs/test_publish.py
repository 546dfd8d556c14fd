"""`getdsl publish`: a run as a folder for a hub."""

import json
from pathlib import Path

import pytest
import torch

import getdsl
from getdsl.cli import main
from getdsl.compiler.check import check
from getdsl.runs.publish.names import _name
from getdsl.runs.run_folder.checkpoint import read_checkpoint
from getdsl.weights.hashing import sha256_of


@pytest.fixture(scope="module")
def published(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub") / "small"
    assert main(["publish", str(whole), "-o", str(folder), "--license", "mit", "--author", "A. Author"]) == 0
    return folder


def test_the_weights_are_those_of_the_best_epoch(published: Path, whole: Path) -> None:
    found, wanted = read_checkpoint(published / "model.safetensors"), read_checkpoint(whole)
    assert not found.training
    assert found.weights.keys() == wanted.weights.keys()
    assert all(torch.equal(found.weights[name], wanted.weights[name]) for name in wanted.weights)
    assert main(["compile", str(published / "model.safetensors"), "-o", str(published.parent / "out")]) == 0


def test_its_spec_checks_and_its_weights_load_by_their_hash(published: Path, tmp_path: Path) -> None:
    assert check(published / "spec.get").spec is not None
    sha256 = json.loads((published / "getdsl.json").read_text())["sha256"]["model.safetensors"]
    assert sha256 == sha256_of([published / "model.safetensors"])
    text = (published / "spec.get").read_text()
    (tmp_path / "again.get").write_text(
        f'{text}\nload "{published / "model.safetensors"}" {{ sha256 = "{sha256}" }}\n'
    )
    model = getdsl.compile(tmp_path / "again.get")
    assert torch.equal(
        model.state_dict()["head.weight"],
        read_checkpoint(published / "model.safetensors").weights["head.weight"],
    )


def test_the_card_has_figures_data_and_how_to_load_it(published: Path, whole: Path) -> None:
    text = (published / "README.md").read_text()
    record = json.loads((published / "getdsl.json").read_text())
    assert text.startswith("---\nlicense: mit\n")
    assert "By A. Author." in text
    assert f'sha256 = "{record["sha256"]["model.safetensors"]}"' in text
    assert read_checkpoint(whole).record["data"]["sha256"] in text
    measured = json.loads((whole / "metrics.json").read_text())["model"]
    assert record["figures"]["model"] == measured
    name, value = next(iter(measured.items()))
    assert f"| model {name} | {value:.4g} |" in text


def test_what_stands_there_stays(published: Path, whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["publish", str(whole), "-o", str(published)]
    assert main(command) == 1
    assert "exists already" in capsys.readouterr().err
    assert main([*command, "--overwrite"]) == 0
    (published / "mine").write_text("")
    try:
        assert main([*command, "--overwrite"]) == 1
    finally:
        (published / "mine").unlink()
    assert "holds other files" in capsys.readouterr().err


def test_nothing_tells_of_the_publishers_machine(
    published: Path, small: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in published.iterdir():
        content = file.read_bytes()
        for folder in (small.parent, whole.parent, Path.cwd()):
            assert str(folder).encode() not in content, f"{file.name} names {folder}"
    (tmp_path / "small.fa").write_bytes((small.parent / "small.fa").read_bytes())
    (tmp_path / "x.bed").write_text("chrI\t0\t24\n")
    monkeypatch.chdir(tmp_path)  # where the model is used, with a genome of its own
    command = ["predict", str(published / "model.safetensors"), "--regions", "x.bed", "-o", "x.parquet"]
    assert main([*command, "--device", "cpu", "--threads", "1"]) == 0


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/a/b/specs/x.get", "specs/x.get"),
        ("/a/b/specs/data/small.fa", "specs/data/small.fa"),
        ("/genomes/hg38.fa", "hg38.fa"),
    ],
)
def test_files_of_a_spec_keep_their_places_to_each_other(path: str, name: str) -> None:
    assert _name(Path(path), Path("/a/b")) == name
