"""A checkpoint alone gives the figures again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from getdsl.cli import main
from getdsl.compiler.constants.paths import PACKAGE
from getdsl.diagnostics import UserError
from getdsl.runs.evaluation.evaluate import evaluate
from getdsl.runs.opened.options import Options
from getdsl.runs.opened.samples import open_source
from getdsl.runs.run_folder.checkpoint import BEST, LAST, read_checkpoint
from tests.runs.conftest import SPEC, write_small

MACHINE = ("--device", "cpu", "--threads", "1")


def figures(folder: Path) -> Any:
    return json.loads((folder / "metrics.json").read_text())


def test_evaluate_reproduces(
    whole: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", str(whole), "--format", "json", *MACHINE]) == 0
    found = json.loads(capsys.readouterr().out)
    for key in ("split", "samples", "chromosomes", "best", "model"):
        assert found[key] == figures(whole)[key]
    assert set(found["model"]) == {"loss", "pearson", "spearman", "r2", "mse", "mae"}


def test_the_text_is_the_table(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(whole / BEST), "--split", "validation", *MACHINE]) == 0
    out = capsys.readouterr().out
    assert "validation set: 40 samples on chrII" in out
    best = read_checkpoint(whole / BEST).record["best"]
    assert f"epoch {best['epoch']}, best val_loss {best['value']:.4f}" in out
    assert "Pearson r" in out


def test_validation_figures_are_those_of_the_history(whole: Path) -> None:
    best = read_checkpoint(whole / BEST).record["best"]
    report, _ = evaluate(whole, "validation", Options(threads=1, device="cpu"))
    assert report.model["loss"] == pytest.approx(best["value"], rel=1e-6)


def test_the_spec_travels_with_its_settings_and_the_files_it_uses(
    tmp_path: Path,
    run: Callable[..., Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The spec's files are gone, the working directory is another, and the data stand elsewhere."""
    project = tmp_path / "project"
    (project / "parts").mkdir(parents=True)
    (project / "data").mkdir()
    write_small(project / "data")
    model, rest = SPEC.split("data {", 1)
    (project / "parts" / "model.get").write_text(model, encoding="utf-8")
    (project / "main.get").write_text(
        'use "parts/model.get"\nmodel Child extends Small {}\ndata {' + rest, encoding="utf-8"
    )
    monkeypatch.chdir(project)
    settings = ("train.epochs=1", "data.regions.files=data/small.tsv", "data.genome=data/small.fa")
    run(tmp_path / "run", *settings, spec=Path("main.get"))
    (project / "main.get").unlink()
    shutil.rmtree(project / "parts")
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", "run", "--format", "json", *MACHINE]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == figures(tmp_path / "run")["model"]
    (project / "data" / "small.tsv").rename(tmp_path / "moved.tsv")
    assert main(["evaluate", "run", "--format", "json", *MACHINE]) == 1
    assert "small.tsv" in capsys.readouterr().err
    assert (
        main(["evaluate", "run", "--format", "json", "--set", "data.regions.files=moved.tsv", *MACHINE]) == 0
    )
    output = capsys.readouterr()
    assert json.loads(output.out)["model"] == figures(tmp_path / "run")["model"]
    assert "not those" not in output.err


def test_motif_files_travel_too(
    tmp_path: Path, run: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    write_small(tmp_path)
    motifs = PACKAGE / "data" / "yeast" / "JASPAR2026_fungi.meme"
    shutil.copy(motifs, tmp_path / "mine.meme")
    text = SPEC.replace("MotifScanner(6, kernel_size = 5", "MotifScanner(motifs = motifs, kernel_size = 21")
    text = text.replace("model Small {", 'model Small { param motifs: path = "mine.meme"')
    (tmp_path / "small.get").write_text(text, encoding="utf-8")
    run(tmp_path / "run", "train.epochs=1", spec=tmp_path / "small.get")
    (tmp_path / "mine.meme").unlink()
    assert main(["evaluate", str(tmp_path / "run"), "--format", "json", *MACHINE]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == figures(tmp_path / "run")["model"]


def test_other_data_are_named(tmp_path: Path, whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = write_small(tmp_path, start=np.arange(160))
    assert main(["evaluate", str(whole), "--set", f"data.regions.files={other}", *MACHINE]) == 0
    assert "not those that the model was trained on" in capsys.readouterr().err


def test_metrics_are_of_the_whole_split(whole: Path) -> None:
    """Recomputed from the table of predictions with numpy."""
    rows = (whole / "predictions.tsv").read_text().splitlines()
    assert rows[0].split("\t") == ["name", "chrom", "start", "end", "strand", "prediction", "target"]
    table = [row.split("\t") for row in rows[1:]]
    assert len(table) == 40
    assert {row[1] for row in table} == {"chrIII"}
    prediction, target = np.array([[float(row[5]), float(row[6])] for row in table]).T
    model = figures(whole)["model"]
    assert model["pearson"] == pytest.approx(np.corrcoef(prediction, target)[0, 1], rel=1e-4)
    assert model["mse"] == pytest.approx(np.mean((prediction - target) ** 2), rel=1e-5)
    assert model["r2"] == pytest.approx(1 - np.mean((prediction - target) ** 2) / np.var(target), rel=1e-4)
    assert model["mae"] == pytest.approx(np.abs(prediction - target).mean(), rel=1e-5)
    assert model["loss"] == pytest.approx(model["mse"], rel=1e-5)


def test_strands_are_averaged(whole: Path, small: Path) -> None:
    """The predictions are the mean of the model's outputs on the two strands."""
    from getdsl.api.compiling import compile

    compiled = compile(small)
    compiled.module.load_state_dict(load_file(whole / "weights.safetensors"))
    compiled.module.eval()
    source = open_source(compiled.spec)
    batch = source.batch(np.flatnonzero(source.chromosomes == "chrIII"))
    with torch.no_grad():
        forward = compiled.module(**compiled.prepare(batch))["signal"]
        backward = compiled.module(**compiled.prepare({**batch, "sequence": batch["sequence"].flip(1, 2)}))[
            "signal"
        ]
    rows = (whole / "predictions.tsv").read_text().splitlines()[1:]
    np.testing.assert_allclose(
        [float(row.split("\t")[5]) for row in rows], (forward + backward) / 2, rtol=1e-5
    )
    assert not torch.allclose(forward, (forward + backward) / 2, rtol=1e-3, atol=0)


def test_weights_are_the_best_and_not_the_last(run: Callable[..., Any], tmp_path: Path) -> None:
    run(tmp_path / "run", 'train.keep={monitor="train_loss", mode="max"}', "train.epochs=3")
    best, last = read_checkpoint(tmp_path / "run" / BEST), read_checkpoint(tmp_path / "run" / LAST)
    assert best.record["best"]["epoch"] == 1
    assert any(not torch.equal(best.weights[name], last.weights[name]) for name in best.weights)
    report, _ = evaluate(tmp_path / "run" / LAST, "test", Options(threads=1, device="cpu"))
    assert report.model != figures(tmp_path / "run")["model"]
    report, _ = evaluate(tmp_path / "run", "test", Options(threads=1, device="cpu"))
    assert report.model == figures(tmp_path / "run")["model"]
    saved = load_file(tmp_path / "run" / "weights.safetensors")
    assert all(torch.equal(saved[name], best.weights[name]) for name in best.weights)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("empty", "is damaged: it is empty"),
        ("text", "is not a checkpoint"),
        ("truncated", "is damaged: it is truncated"),
        ("flipped", "is damaged: its content does not fit its hash"),
        ("foreign", "is not a checkpoint of a getdsl run"),
        ("old", "is a checkpoint of an earlier getdsl, which this one does not read"),
        ("absent", "there is no checkpoint"),
    ],
)
def test_broken_checkpoints(name: str, sentence: str, whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    content = (whole / BEST).read_bytes()
    if name == "foreign":
        torch.save({"state_dict": {"w": torch.zeros(2)}}, path)
    elif name == "old":
        state = {"w": torch.zeros(2)}
        torch.save({"format": "getdsl/checkpoint", "version": 1, "record": "{}", "state_dict": state}, path)
    elif name != "absent":
        flipped = content[:-1] + bytes([content[-1] ^ 1])
        broken = {"empty": b"", "text": b"hello\n", "truncated": content[: len(content) // 2]}
        path.write_bytes(broken.get(name, flipped))
    with pytest.raises(UserError, match=sentence):
        evaluate(path, None)


def test_evaluate_of_a_folder_without_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "there is no checkpoint" in error
    assert "Traceback" not in error
