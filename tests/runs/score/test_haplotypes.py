"""Haplotypes: variants of one copy of a chromosome are applied together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from getdsl.diagnostics import UserError
from getdsl.runs.score import Choices, score, score_haplotypes
from tests.runs.score.conftest import CHROM
from tests.runs.score.test_score import HEADER, table

NAMES = HEADER.rstrip("\n") + "\tFORMAT\tann\tbob\n"


def row(genome: str, at: int, length: int, alt: str, name: str, *calls: str) -> str:
    ref = genome[at : at + length]
    return (
        f"{CHROM}\t{at + 1}\t{name}\t{ref}\t{alt}\t.\t.\t.\tGT:DP\t"
        + "\t".join(f"{c}:9" for c in calls)
        + "\n"
    )


def other(base: str) -> str:
    return "ACGT"["CGTA".index(base)]


@pytest.fixture
def phased(genome: str, tmp_path: Path) -> Path:
    lines = [
        row(genome, 110, 1, other(genome[110]), "a", "1|0", "1|1"),
        row(genome, 113, 3, genome[113], "b", "1|0", "0|1"),
        row(genome, 130, 1, f"{genome[130]}TT,{other(genome[130])}", "c", "0|2", ".|."),
        row(genome, 210, 1, other(genome[210]), "d", "0/1", "1/1"),
        row(genome, 312, 4, genome[312], "e", "1|0", "0|0"),
        row(genome, 314, 1, other(genome[314]), "f", "1|0", "0|0"),
        row(genome, 2900, 1, other(genome[2900]), "g", "1|1", "0|0"),
    ]
    path = tmp_path / "phased.vcf"
    path.write_text(NAMES + "".join(lines))
    return path


def test_each_copy_carries_its_own(trained: Path, phased: Path, tmp_path: Path) -> None:
    found = score_haplotypes(trained, phased, tmp_path / "out.tsv")
    rows = table(tmp_path / "out.tsv")
    told = [(r["individual"], r["haplotype"], r["variants"], r["region"], r["reason"]) for r in rows]
    nowhere = "no region of the data reads its place"
    assert told == [
        ("ann", "1", "a,b", "r100", ""),
        ("ann", "2", "c", "r100", ""),
        ("bob", "1", "a", "r100", ""),
        ("bob", "2", "a,b", "r100", ""),
        ("ann", "2", "d", "r200", "the genotype 0/1 of d is not phased"),
        ("bob", "1", "d", "r200", ""),
        ("bob", "2", "d", "r200", ""),
        ("ann", "1", "e,f", "r300", "e and f overlap"),
        ("", "", "g", "", nowhere),
    ]
    assert found.rows == len(rows)
    values = {key[2]: r["counts.difference"] for key, r in zip(told, rows, strict=True) if not key[4]}
    assert len(set(values.values())) == len(values)


def test_one_variant_alone_is_scored_as_such(trained: Path, phased: Path, tmp_path: Path) -> None:
    score_haplotypes(trained, phased, tmp_path / "out.tsv")
    score(trained, phased, tmp_path / "alone.tsv")
    alone = {(r["id"], r["alt"]): r["counts.difference"] for r in table(tmp_path / "alone.tsv")}
    for r in table(tmp_path / "out.tsv"):
        if r["variants"] in ("a", "d") and not r["reason"]:
            [want] = [value for (name, _), value in alone.items() if name == r["variants"]]
            assert float(r["counts.difference"]) == pytest.approx(float(want), abs=1e-6)


def test_together_they_equal_a_whole_run(trained: Path, phased: Path, tmp_path: Path) -> None:
    score_haplotypes(trained, phased, tmp_path / "fast.tsv")
    score_haplotypes(trained, phased, tmp_path / "slow.tsv", Choices(whole=True))
    for fast, slow in zip(table(tmp_path / "fast.tsv"), table(tmp_path / "slow.tsv"), strict=True):
        np.testing.assert_allclose(
            float(fast["counts.difference"] or 0), float(slow["counts.difference"] or 0), atol=1e-5
        )


def test_haplotypes_are_no_rows_of_a_vcf(trained: Path, phased: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be a VCF"):
        score_haplotypes(trained, phased, tmp_path / "out.vcf")
