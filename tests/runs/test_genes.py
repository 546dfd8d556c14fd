"""Tables of genes: of each the largest prediction over the regions in which it starts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import getdsl
from getdsl.cli import main
from getdsl.runs.predict.chosen import choose
from getdsl.runs.predict.located import located
from getdsl.runs.predict.parquet_form import ParquetForm
from getdsl.runs.predict.wanted import Wanted
from tests.golden.cases import COMMITTED

DATASET = COMMITTED / "dataset"
SPEC = """
model M {{
    input region_motif: [B, R, 7]
    head = region_motif -> Linear(2)
    output exp = head
}}
data {{
    source = RegionMotif("{store}", celltypes = ["ctA", "ctB"], num_region_per_sample = 12{more})
    hold_out = {{ chromosomes = ["chr2"] }}
}}
loss {{ exp = MSE(exp, batch.exp_label) }}
"""


def spec_of(folder: Path, more: str = "") -> Path:
    path = folder / "m.get"
    path.write_text(SPEC.format(store=DATASET / "region_motif.zarr", more=more))
    return path


def test_what_get_observes_of_genes(tmp_path: Path) -> None:
    """Its inference takes the largest label over a gene's starts, on the gene's strand."""
    recorded = np.load(DATASET / "inference_basic.npz", allow_pickle=True)
    run = getdsl.open(spec_of(tmp_path, ', genes = "GENE*"'), device="cpu", threads=1)
    found = run.genes("all")
    found = found[found["celltype"] == "ctA"].set_index("gene")
    seen = 0
    for item in (0, 1, 4):
        label, starts = recorded[f"item{item}.exp_label"], recorded[f"item{item}.all_tss_peak"]
        gene, strand = str(recorded[f"item{item}.gene_name"]), int(recorded[f"item{item}.strand"])
        starts = starts[starts >= 0]
        if found.loc[gene, "regions"] == len(starts):
            assert found.loc[gene, "exp_observed"] == pytest.approx(label[starts, strand].max(), rel=1e-6)
            assert found.loc[gene, "strand"] == "+-"[strand]
            seen += 1
    assert seen >= 2
    predicted = run.predict("all")
    own = (predicted["name"] == "GENE04") & (predicted["celltype"] == "ctA")
    values = predicted["exp"].values[own.values][:, 6, 0]  # each start in the middle of its own window
    assert found.loc["GENE04", "exp"] == pytest.approx(values.max())


def test_genes_of_steps_take_the_sample_that_holds_them_most_in_its_middle(tmp_path: Path) -> None:
    run = getdsl.open(spec_of(tmp_path, ", sampling_step = 5, shift = false"), device="cpu", threads=1)
    found = run.genes("all").set_index(["gene", "celltype"])
    predicted = run.predict("all")
    store = run.session.source.store  # type: ignore[attr-defined]
    rows, names, strands = store.genes()
    places = {
        name: f"{store.peaks.chromosomes[store.peaks.chrom[row]]}"
        for row, name in zip(rows, names, strict=True)
    }
    checked = 0
    for name in np.unique(names).tolist():
        mine = rows[names == name]
        strand = int(strands[names == name][0] == "-")
        best = []
        for row in mine.tolist():
            at = (predicted["region_start"].values == store.peaks.start[row]) & (
                predicted["region_chrom"].values == places[name]
            )
            at &= (predicted["celltype"].values == "ctB")[:, None]
            sample, position = np.nonzero(at)
            if len(sample):
                near = np.argmin(np.abs(position - 6))
                best.append(predicted["exp"].values[sample[near], position[near], strand])
        if best:
            assert found.loc[(name, "ctB"), "exp"] == pytest.approx(max(best), rel=1e-5)
            checked += 1
    assert checked > 5


def test_genes_of_a_file(whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of regions that are samples themselves: two of them for one gene, none for another."""
    (tmp_path / "genes.tsv").write_text(
        "name\tchrom\tstart\tend\tstrand\nA\tchrI\t5\t900\t+\nA2\tchrI\t410\t900\t+\nB\tchrII\t50\t111\t-\nC\tchrI\t60\t90\t+\n"
    )
    arguments = [
        "predict",
        str(whole),
        "--split",
        "all",
        "--genes",
        str(tmp_path / "genes.tsv"),
        "--threads",
        "1",
    ]
    assert main([*arguments, "-o", str(tmp_path / "out.tsv")]) == 0
    assert "3 genes" in capsys.readouterr().out
    found = pd.read_csv(tmp_path / "out.tsv", sep="\t").set_index("gene")
    samples = getdsl.open(whole, device="cpu", threads=1).predict("all").to_dataframe()
    samples = samples.set_index("name")["signal"]
    expected = {"A": "gene0", "A2": "gene4", "B": "gene1"}
    assert found["signal"].to_dict() == pytest.approx(
        {gene: samples[name] for gene, name in expected.items()}, rel=1e-5
    )
    assert main([*arguments, "-o", str(tmp_path / "out.parquet")]) == 0
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "out.parquet").set_index("gene"), found)
    capsys.readouterr()
    assert main([*arguments, "-o", str(tmp_path / "out.bw")]) == 1
    assert "call it OUT.tsv or OUT.parquet" in capsys.readouterr().err
    assert main(["predict", str(whole), "--genes", "-o", str(tmp_path / "b.tsv")]) == 1
    assert "the data name no file of genes" in capsys.readouterr().err


def test_predictions_name_the_genes_that_start_in_each_region(tmp_path: Path) -> None:
    """In zarr and in Parquet alike; as GET's store has them, region by region."""
    run = getdsl.open(spec_of(tmp_path, ', genes = "GENE*"'), device="cpu", threads=1)
    predicted = run.predict("all")
    rows, names, _ = run.session.source.store.genes()  # type: ignore[attr-defined]
    expected = {row: ",".join(sorted(set(names[rows == row].tolist()))) for row in rows.tolist()}
    chosen = choose(run.session, Wanted("all"))
    places = located(chosen.source)
    assert places is not None
    own = places.rows(chosen.indices)
    assert predicted["region_gene"].values.tolist() == [
        [expected.get(row, "") for row in each] for each in own.tolist()
    ]
    written = tmp_path / "p.parquet"
    form = ParquetForm.of(written, chosen)
    found = form._columns(slice(0, 3), own.shape[1])
    assert found["gene"].tolist() == predicted["region_gene"].values[:3].ravel().tolist()
