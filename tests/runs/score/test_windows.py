"""Windows of regions that read motifs: variants through the readers, and regions that are silenced."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch

from getdsl.cli import main
from getdsl.data.genome import Genome
from getdsl.diagnostics import UserError
from getdsl.runs.opened.options import Options
from getdsl.runs.opened.session import Session
from getdsl.runs.score import Choices, Scorer, inactivate, score
from getdsl.runs.training.train import train
from tests.runs.conftest import checked
from tests.runs.score.conftest import CHROM
from tests.runs.score.test_score import HEADER, table

SPEC = """
model Windowed {
    input motif: [B, R, 2]
    input accessibility: [B, R]
    x = concat([motif, unsqueeze(accessibility, 2)], dim = 2) -> Linear(4)
    y = relu(x) + mean(x, dim = 1, keepdim = true)
    head = y -> Linear(1)
    output exp = squeeze(head, 2)
}
data {
    genome  = "small.fa"
    regions = Regions("small.tsv")
    samples = Windows(size = 3, step = 3)
    batch {
        motif         = Motifs("motifs.meme", normalize = "none")
        accessibility = Column("cuts")
        target        = Column("cuts")
    }
    validation = { fraction = 0.2, block = 100 }
}
loss { exp = MSE(exp, log2(batch.target + 1)) }
optimizer = AdamW(lr = 1e-2)
train { epochs = 1 batch_size = 2 }
"""
MOTIFS = """MEME version 4

ALPHABET= ACGT

MOTIF one
letter-probability matrix: alength= 4 w= 3 nsites= 9 E= 0
0.8 0.1 0.05 0.05
0.1 0.1 0.1 0.7
0.25 0.25 0.25 0.25

MOTIF two
letter-probability matrix: alength= 4 w= 2 nsites= 9 E= 0
0.1 0.7 0.1 0.1
0.1 0.1 0.7 0.1
"""


@pytest.fixture(scope="module")
def windowed(trained: Path) -> Path:
    folder = trained.parent
    (folder / "motifs.meme").write_text(MOTIFS)
    spec = folder / "windowed.get"
    spec.write_text(SPEC)
    train(checked(spec), folder / "windowed", Options(threads=1, device="cpu"), StringIO())
    return folder / "windowed"


def test_a_variant_goes_through_the_readers(windowed: Path, genome: str, tmp_path: Path) -> None:
    """Its effects are those of a genome's file that holds it, where it is as long as what it replaces."""
    at, alt = 118, "CGATCGATCGAT"
    ref = genome[at : at + len(alt)]
    (tmp_path / "v.vcf").write_text(HEADER + f"{CHROM}\t{at + 1}\tv\t{ref}\t{alt}\t.\t.\t.\n")
    score(windowed, tmp_path / "v.vcf", tmp_path / "out.tsv")
    [row] = table(tmp_path / "out.tsv")
    assert row["region"] == "r100"
    with Session.open(windowed) as session:
        scorer = Scorer(session, Choices())
        before = scorer.source.batch(np.array([0]))
        reader = scorer.source.readers["motif"]
        scan = reader._scan  # type: ignore[attr-defined]
        edited = genome[:at] + alt + genome[at + len(alt) :]
        (tmp_path / "edited.fa").write_text(f">{CHROM}\n{edited}\n")
        scan.genome = Genome(tmp_path / "edited.fa")
        after = scorer.source.batch(np.array([0]))
        session.compiled.eval()
        assert not torch.equal(before["motif"], after["motif"])
        with torch.no_grad():
            one, other = (session.compiled(batch)["exp"] for batch in (before, after))
    assert float(row["exp.difference"]) == pytest.approx((other - one).mean().item(), rel=1e-5)


def test_each_region_is_silenced_in_turn(windowed: Path, tmp_path: Path) -> None:
    inactivate(windowed, tmp_path / "out.tsv")
    rows = table(tmp_path / "out.tsv")
    assert [(row["sample"], row["place"], row["region"]) for row in rows[:4]] == [
        ("0", "0", "r100"), ("0", "1", "r200"), ("0", "2", "r300"), ("1", "0", "r400"),
    ]  # fmt: skip
    with Session.open(windowed) as session:
        batch = session.source.batch(np.array([0]))
        session.compiled.eval()
        with torch.no_grad():
            before = session.compiled(batch)["exp"]
            batch["motif"][0, 1], batch["accessibility"][0, 1] = 0, 0
            after = session.compiled(batch)["exp"]
    assert float(rows[1]["exp.difference"]) == pytest.approx((after - before).mean().item(), rel=1e-5)
    most = int((after - before).abs().argmax())
    assert int(rows[1]["exp.max_track"]) == most


def test_only_regions_with_peaks(windowed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "peaks.bed").write_text(f"{CHROM}\t215\t220\n{CHROM}\t500\t600\n")
    out = str(tmp_path / "out.tsv")
    peaks = str(tmp_path / "peaks.bed")
    assert main(["score", str(windowed), "--inactivate-peaks", peaks, "-o", out]) == 0
    assert "2 samples, 2 rows" in capsys.readouterr().out
    assert [row["region"] for row in table(tmp_path / "out.tsv")] == ["r200", "r500"]
    (tmp_path / "peaks.bed").write_text(f"{CHROM}\t2900\t2950\n")
    with pytest.raises(UserError, match="overlaps no region"):
        inactivate(windowed, tmp_path / "none.tsv", tmp_path / "peaks.bed")
