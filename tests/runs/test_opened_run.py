"""A trained model in Python."""

from __future__ import annotations

import gc
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray

import getdsl
from getdsl.diagnostics import UserError
from getdsl.runs.evaluation.report import number
from getdsl.runs.opened.opened_run import OpenedRun
from tests.runs.conftest import write_small


def opened(path: Path, **options: object) -> OpenedRun:
    return getdsl.open(path, device="cpu", threads=1, **options)  # type: ignore[arg-type]


def table(whole: Path) -> pd.DataFrame:
    return pd.read_csv(whole / "predictions.tsv", sep="\t")


def test_predictions_are_those_of_the_run(whole: Path) -> None:
    with opened(whole) as run:
        assert repr(run) == "<Small: signal [B]>"
        found = run.predict("test")
    assert isinstance(found, xarray.Dataset)
    assert dict(found.sizes) == {"sample": 40}
    expected = table(whole)
    assert found["name"].values.tolist() == expected["name"].tolist()
    np.testing.assert_allclose(found["signal"], expected["prediction"], rtol=1e-6)
    assert found.attrs == {"model": "Small", "split": "test"}
    with pytest.raises(UserError, match="is closed"):
        run.predict()


def test_a_notebook_shows_its_figures_and_pictures(whole: Path) -> None:
    figures = json.loads((whole / "metrics.json").read_text())["model"]
    pearson = next(value for name, value in figures.items() if name.endswith("pearson"))
    with opened(whole) as run:
        shown = run._repr_html_()
    for words in ("Small", number(pearson), "data:image/png;base64,", "output", "signal"):
        assert words in shown, words
    assert repr(run) == "<a run that is closed>"
    assert "a run that is closed" in run._repr_html_()


def test_places_and_files(whole: Path, tmp_path: Path) -> None:
    run = opened(whole)
    expected = table(whole).iloc[:2]
    places = [f"{row.chrom}:{row.start}-{row.end}({row.strand})" for row in expected.itertuples()]
    found = run.predict(places)
    np.testing.assert_allclose(found["signal"], expected["prediction"], rtol=1e-6)
    assert found["start"].values.tolist() == expected["start"].tolist()
    (tmp_path / "x.fa").write_text(">a\n" + "ACGT" * 6 + "\n")
    assert run.predict(tmp_path / "x.fa")["name"].values.tolist() == ["a"]
    with pytest.raises(UserError, match="`chrI 5` is no place"):
        run.predict(["chrI 5"])


def test_a_spec_with_weights_is_the_run(small: Path, whole: Path) -> None:
    run = opened(small, weights=whole / "weights.safetensors")
    np.testing.assert_allclose(run.predict("test")["signal"], table(whole)["prediction"], rtol=1e-6)
    with pytest.raises(UserError, match="has its weights already"):
        opened(whole, weights=whole / "weights.safetensors")


def test_nothing_is_left_of_what_it_wrote(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with opened(whole):
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []
    run = opened(whole)
    run.predict(["chrI:0-24"])
    del run
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_without_the_libraries_it_says_what_to_install(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xarray", None)
    monkeypatch.setitem(sys.modules, "pandas", None)
    run = opened(whole)
    for call in (run.predict, run.evaluate):
        with pytest.raises(UserError, match=r"needs (xarray|pandas), which is not installed") as raised:
            call()
        assert raised.value.help == "run `pip install 'getdsl[frames]'`"


def test_interpretations_and_scores(whole: Path, tmp_path: Path) -> None:
    run = opened(whole)
    found = run.interpret("test", method="gradient", limit=3)
    assert found["contributions/sequence"].shape == (3, 24, 4)
    assert found["name"].values.tolist() == table(whole)["name"].tolist()[:3]
    genome = run.session.source.context.genome  # type: ignore[attr-defined]
    base = "ACGT"[genome.codes("chrI", 3, 4)[0]]
    other = "A" if base != "A" else "C"
    header = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (tmp_path / "v.vcf").write_text(f"{header}chrI\t4\t.\t{base}\t{other}\t.\t.\t.\n")
    scores = run.score(tmp_path / "v.vcf")
    assert scores["region"].tolist() == ["gene0"]


# -- tables of figures


def test_figures_are_those_of_all_values(whole: Path, tmp_path: Path) -> None:
    expected = table(whole)
    prediction, target = expected["prediction"].to_numpy(), expected["target"].to_numpy()
    run = opened(whole)
    [row] = run.evaluate().to_dict("records")
    assert (row["term"], row["samples"], row["values"]) == ("signal", 40, 40)
    assert row["pearson"] == pytest.approx(np.corrcoef(prediction, target)[0, 1], rel=1e-5)
    assert row["mse"] == pytest.approx(np.mean((prediction - target) ** 2), rel=1e-5)
    assert row["mae"] == pytest.approx(np.mean(np.abs(prediction - target)), rel=1e-5)
    assert row["r2"] == pytest.approx(1 - np.mean((prediction - target) ** 2) / target.var(), rel=1e-4)
    training = pd.read_csv(run.session.source.path, sep="\t")
    mean = np.log2(training[~training["chrom"].isin(["chrII", "chrIII"])]["cut_sites"] + 1).mean()
    assert row["mean_mse"] == pytest.approx(np.mean((mean - target) ** 2), rel=1e-4)
    assert row["mean_mae"] == pytest.approx(np.mean(np.abs(mean - target)), rel=1e-4)


def test_tables_by_chromosome_and_of_other_regions(whole: Path, tmp_path: Path) -> None:
    path = write_small(tmp_path)
    run = opened(whole)
    rows = run.evaluate(path, by=["chrom"]).set_index("chrom")
    assert rows["samples"].to_dict() == dict.fromkeys(["chrI", "chrII", "chrIII", "chrIV"], 40)
    assert rows["mse"]["chrIII"] == pytest.approx(run.evaluate("test")["mse"][0], rel=1e-6)
    with pytest.raises(UserError, match="no celltype"):
        run.evaluate(by=["celltype"])


def test_the_command_writes_both_tables(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from getdsl.cli import main

    arguments = ["evaluate", str(whole), "--by", "chrom", "-o", str(tmp_path / "t"), "--threads", "1"]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "held-out test set: 40 samples" in out
    assert "mean_mse" in out
    rows = pd.read_csv(tmp_path / "t" / "metrics.tsv", sep="\t").to_dict("records")
    stored = json.loads((tmp_path / "t" / "metrics.json").read_text())
    assert stored["rows"] == rows
    assert stored["report"]["split"] == "test"
    assert main(arguments) == 1
    assert "exists already" in capsys.readouterr().err
    assert main(["evaluate", str(whole), "--by", "chro"]) == 1
    assert "did you mean `chrom`" in capsys.readouterr().err
