"""Commands on the regions of a file instead of the run's, one way for all of them."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import zarr

import getdsl
from getdsl.cli import main
from getdsl.diagnostics import UserError
from getdsl.runs.opened.options import Options
from getdsl.runs.training.train import train
from tests.runs.conftest import SPEC, checked, write_small

MACHINE = ("--device", "cpu", "--threads", "1")
PEAKS = [("chrII", 4000, 4024, "a"), ("chrIII", 8000, 8024, "b"), ("chrI", 120, 144, "c")]


@pytest.fixture(scope="module")
def promoters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose regions are promoters, for which no file of peaks can stand; one beside it."""
    folder = tmp_path_factory.mktemp("promoters")
    write_small(folder)
    table = pd.read_csv(folder / "small.tsv", sep="\t").rename(columns={"name": "gene_id"})
    table.loc[table["start"] > 100].to_csv(folder / "genes.tsv", sep="\t", index=False)
    cuts = table.loc[table.index.repeat(table.index % 5), ["chrom", "start", "end"]]
    cuts.assign(start=cuts["start"].sub(10).clip(lower=0)).to_csv(
        folder / "fragments.bed", sep="\t", index=False, header=False
    )
    text = SPEC.replace('Regions("small.tsv")', 'Promoters("genes.tsv", upstream = 24)')
    text = text.replace('Column("cut_sites")', 'Fragments("fragments.bed")').replace(
        "epochs = 4", "epochs = 1"
    )
    (folder / "promoters.get").write_text(text.replace("warmup_epochs = 1", "warmup_epochs = 0"))
    (folder / "peaks.bed").write_text("".join("\t".join(map(str, row)) + "\n" for row in PEAKS))
    train(checked(folder / "promoters.get"), folder / "run", Options(threads=1, device="cpu"), StringIO())
    return folder


def variants(folder: Path) -> Path:
    """One in the second peak, one in none."""
    lines = (folder / "small.fa").read_text().split("\n")
    genome = dict(zip((line[1:] for line in lines[::2]), lines[1::2], strict=False))
    rows = []
    for chrom, pos in (("chrIII", 8010), ("chrIV", 300)):
        ref = genome[chrom][pos - 1]
        rows.append(f"{chrom}\t{pos}\t{ref}\t{'A' if ref != 'A' else 'C'}\n")
    path = folder / "variants.tsv"
    path.write_text("chrom\tpos\tref\talt\n" + "".join(rows))
    return path


def test_all_commands_read_the_same_regions(promoters: Path, tmp_path: Path) -> None:
    run, peaks = str(promoters / "run"), str(promoters / "peaks.bed")
    common = ("--regions", peaks, *MACHINE)
    assert main(["predict", run, "-o", str(tmp_path / "p.zarr"), *common]) == 0
    assert main(["interpret", run, "-o", str(tmp_path / "i.zarr"), "--method", "gradient", *common]) == 0
    assert main(["score", run, str(variants(promoters)), "-o", str(tmp_path / "s.tsv"), *common]) == 0
    assert main(["evaluate", run, "-o", str(tmp_path / "e"), *common]) == 0
    found = [zarr.open_group(tmp_path / name, mode="r") for name in ("p.zarr", "i.zarr")]
    for group in found:
        columns = [group[f"samples/{key}"][...].tolist() for key in ("chrom", "start", "end", "name")]
        assert list(zip(*columns, strict=True)) == PEAKS
    np.testing.assert_allclose(found[0]["outputs/signal"], found[1]["output"], rtol=1e-5)
    scored = pd.read_csv(tmp_path / "s.tsv", sep="\t")
    assert scored["region"].tolist()[0] == "b"
    assert scored["reason"].tolist()[1] == "no region of the data reads its place"
    assert pd.read_csv(tmp_path / "e" / "metrics.tsv", sep="\t")["samples"].tolist() == [len(PEAKS)]


def test_python_takes_places_too(promoters: Path, tmp_path: Path) -> None:
    places = [f"{chrom}:{start}-{end}" for chrom, start, end, _ in PEAKS]
    with getdsl.open(promoters / "run", device="cpu", threads=1) as run:
        predicted, explained = run.predict(places), run.interpret(places, method="gradient")
        np.testing.assert_allclose(predicted["signal"], explained["output"], rtol=1e-5)
        assert run.score(variants(promoters), regions=places[1])["region"].tolist()[0] == places[1]
        assert run.interpret(split="test", method="gradient").sizes["sample"] == 40
        with pytest.raises(UserError, match="is a FASTA"):
            run.interpret("some.fa")


def test_a_split_of_other_regions_is_that_of_the_spec(promoters: Path) -> None:
    peaks = promoters / "peaks.bed"
    with getdsl.open(promoters / "run", device="cpu", threads=1) as run:
        found = run.interpret(peaks, split="test", method="gradient")
    assert found["name"].values.tolist() == ["b"]


def test_windows_that_are_centred_read_no_regions(
    promoters: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, peaks = str(promoters / "run"), str(promoters / "peaks.bed")
    command = ["score", run, str(variants(promoters)), "-o", str(promoters / "s.tsv"), "--centred"]
    assert main([*command, "--regions", peaks, *MACHINE]) == 1
    assert "leave one of `--centred` and `--regions` away" in capsys.readouterr().err
