"""What a run prints and leaves behind."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from getdsl.cli import main
from getdsl.runs.evaluation.report import Report, print_table, shown_name, write_predictions
from getdsl.runs.pictures.draw import units
from tests.runs.conftest import SPEC, checked, write_small

MOTIFS = "getdsl:yeast/JASPAR2026_fungi.meme"


def test_what_train_prints(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal: a line an epoch to stderr, one table to stdout, nothing of Lightning."""
    folder = tmp_path / "run"
    assert (
        main(
            [
                "train",
                str(small),
                "-o",
                str(folder),
                "--seed",
                "3",
                "--threads",
                "1",
                "--device",
                "cpu",
                "--set",
                "train.epochs=2",
            ]
        )
        == 0
    )
    output = capsys.readouterr()
    first, *lines = output.err.splitlines()
    assert first == "191 of 191 parameters are trained"
    assert [line.split()[:2] for line in lines] == [["epoch", "1/2"], ["epoch", "2/2"]]
    assert all(" train_loss " in line and " val_loss " in line and " val_pearson " in line for line in lines)
    assert output.out.startswith("held-out test set: 40 samples on chrIII")
    assert "Pearson r" in output.out
    assert "metrics.json" in output.out
    assert json.loads((folder / "metrics.json").read_text())["seed"] == 3


def test_quiet(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(
            [
                "train",
                str(small),
                "-o",
                str(tmp_path / "run"),
                "--quiet",
                "--device",
                "cpu",
                "--set",
                "train.epochs=1",
            ]
        )
        == 0
    )
    output = capsys.readouterr()
    assert output.err == ""
    assert len(output.out.strip().splitlines()) == 3


def test_bar_on_a_terminal(run: Callable[..., Any], tmp_path: Path) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    log = Terminal()
    run(tmp_path / "run", "train.epochs=1", log=log)
    shown = log.getvalue()
    assert "\x1b[" in shown
    assert all(
        word in shown for word in ("train_loss", "samples/s", "data wait", "0:00:00 left", "epoch 1/1")
    )
    log = Terminal()
    run(tmp_path / "run", "train.epochs=1", log=log, overwrite=True, bar=False)
    assert "left" not in log.getvalue()
    assert "epoch 1/1" in log.getvalue()


def test_history(whole: Path) -> None:
    with (whole / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert {"train_loss", "val_loss", "val_pearson", "val_mae", "lr", "seconds"} <= rows[0].keys()
    assert float(rows[-1]["val_loss"]) == pytest.approx(float(rows[-1]["val_mse"]), rel=1e-5)


def test_baseline_stands_beside_the_model(run: Callable[..., Any], tmp_path: Path) -> None:
    write_small(tmp_path)
    text = SPEC.replace("epochs = 4", f'epochs = 1 baseline = MotifRidge("{MOTIFS}")')
    (tmp_path / "small.get").write_text(text, encoding="utf-8")
    plain = run(tmp_path / "plain", spec=tmp_path / "small.get")
    assert set(plain.baseline) == {"pearson", "spearman", "r2", "mse", "mae"}
    (tmp_path / "small.get").write_text(
        text.replace("log2(batch.cut_sites + 1)", "log2(batch.cut_sites + 1) * 2 - 3"), encoding="utf-8"
    )
    scaled = run(tmp_path / "scaled", spec=tmp_path / "small.get")
    assert scaled.baseline["mse"] == pytest.approx(4 * plain.baseline["mse"], rel=1e-4)
    assert scaled.baseline["r2"] == pytest.approx(plain.baseline["r2"], rel=1e-4)
    (tmp_path / "small.get").write_text(
        text.replace("log2(batch.cut_sites + 1)", "sqrt(batch.cut_sites)"), encoding="utf-8"
    )
    other = run(tmp_path / "other", spec=tmp_path / "small.get")
    assert set(other.baseline) == set(plain.baseline)
    assert other.baseline["mse"] != pytest.approx(plain.baseline["mse"], rel=0.01)
    out = StringIO()
    print_table(other, out)
    assert "ridge regression on summed motif hits" in out.getvalue()
    assert "–" in out.getvalue()


def test_early_stop(run: Callable[..., Any], tmp_path: Path) -> None:
    run(tmp_path / "run", "train.epochs=30", 'train.early_stop={monitor="val_loss", mode="max", patience=2}')
    rows = (tmp_path / "run" / "history.csv").read_text().splitlines()
    losses = [float(row.split(",")[3]) for row in rows[1:]]
    assert rows[0].split(",")[3] == "val_loss"
    assert len(losses) == losses.index(max(losses)) + 3 < 30


def test_no_validation_keeps_the_last_epoch(run: Callable[..., Any], tmp_path: Path) -> None:
    write_small(tmp_path)
    text = SPEC.replace('    validation = { chromosomes = ["chrII"] }\n', "").replace(
        "epochs = 4", "epochs = 2"
    )
    (tmp_path / "small.get").write_text(text, encoding="utf-8")
    report = run(tmp_path / "run", spec=tmp_path / "small.get")
    assert report.best == {"epoch": 2, "step": 16}
    assert "val_loss" not in (tmp_path / "run" / "history.csv").read_text()


def test_nothing_held_out_measures_what_there_is(run: Callable[..., Any], tmp_path: Path) -> None:
    write_small(tmp_path)
    text = SPEC.replace('    hold_out   = { chromosomes = ["chrIII"] }\n', "").replace(
        "epochs = 4", "epochs = 1"
    )
    (tmp_path / "small.get").write_text(text, encoding="utf-8")
    report = run(tmp_path / "run", spec=tmp_path / "small.get")
    assert (report.split, report.samples) == ("validation", 40)


@pytest.mark.parametrize("precision", ["bf16-mixed", "64-true"])
def test_precisions(precision: str, run: Callable[..., Any], whole: Path, tmp_path: Path) -> None:
    report = run(tmp_path / "run", f'train.precision="{precision}"')
    exact = json.loads((whole / "metrics.json").read_text())["model"]["loss"]
    assert report.model["loss"] == pytest.approx(exact, rel=0.05)
    assert report.model["loss"] != exact


def test_units_are_the_target_as_written(small: Path) -> None:
    spec = checked(small).spec
    assert spec is not None
    assert units(spec) == {"signal": "log2(cut_sites + 1)"}


def test_names_in_the_table() -> None:
    assert [shown_name(name) for name in ("pearson", "exp_r2", "loss_hic")] == [
        "Pearson r",
        "exp R²",
        "loss hic",
    ]


@pytest.mark.parametrize(
    ("each", "columns"), [(1, "name prediction target"), (3, "name value prediction target")]
)
def test_predictions_of_several_values(each: int, columns: str, tmp_path: Path) -> None:
    values = np.arange(2 * each, dtype=np.float32)
    report = Report("test", 2, ["chrI"], {}, pairs={"exp": (values, values + 0.5)})
    write_predictions(tmp_path, report, {"name": np.array(["a", "b"])})
    rows = [line.split("\t") for line in (tmp_path / "predictions.tsv").read_text().splitlines()]
    assert rows[0] == columns.split()
    assert [row[0] for row in rows[1:]] == ["a"] * each + ["b"] * each
    assert [float(row[-1]) for row in rows[1:]] == list(values + 0.5)
