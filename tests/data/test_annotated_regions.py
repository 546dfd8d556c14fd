"""The sources `Promoters` and `Genes`: which bp of which genes, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from getdsl.data.errors import DataError
from getdsl.data.genome import Genome
from getdsl.data.regions.genes import Genes
from getdsl.data.regions.promoters import Promoters
from getdsl.data.table import RegionTable

FORMATS = Path(__file__).parents[3] / "shared" / "data" / "yeast_formats"
YEAST = Path(__file__).parents[2] / "getdsl" / "data" / "yeast"

GENES = [  # 1-based, closed
    ("chrI", 1, 20, "+", "G1", "AAA1"),
    ("chrI", 31, 40, "-", "G2", "BBB1"),
    ("chrII", 41, 50, "-", "G3", "CCC1"),
    ("plasmid", 5, 9, "+", "G4", "AAA1"),
]


@pytest.fixture
def genome(tmp_path: Path) -> Genome:
    path = tmp_path / "genome.fa"
    path.write_text(f">chrI\n{'A' * 100}\n>chrII\n{'C' * 50}\n")
    return Genome(path)


@pytest.fixture
def gtf(tmp_path: Path) -> str:
    return written(tmp_path, GENES)


def written(tmp_path: Path, genes: list[tuple[Any, ...]]) -> str:
    path = tmp_path / "genes.gtf"
    lines = [
        f'{chrom}\tx\tgene\t{start}\t{end}\t.\t{strand}\t.\tgene_id "{name}"; gene_name "{symbol}";\n'
        for chrom, start, end, strand, name, symbol in genes
    ]
    path.write_text("".join(lines))
    return str(path)


def places(table: RegionTable) -> dict[str, str]:
    return {name: table.place(row) for row, name in enumerate(table.name)}


def test_a_promoter_lies_before_its_gene_on_its_strand(gtf: str, genome: Genome) -> None:
    table = Promoters(annotation=gtf, upstream=5, downstream=2).table(genome, {})
    assert places(table) == {"G2": "chrI:38-45"}
    assert table.strand.tolist() == [-1]
    assert table.notes == (
        "1 of 4 genes lie on chromosomes that the genome lacks, such as plasmid, and are left out",
        "2 of 3 regions leave their chromosome and are left out; the first is chrI:-5-2, line 1",
    )
    assert places(Promoters(annotation=gtf, upstream=0, downstream=3).table(genome, {})) == {
        "G1": "chrI:0-3",
        "G2": "chrI:37-40",
        "G3": "chrII:47-50",
    }


def test_a_gene_with_what_lies_about_it(gtf: str, genome: Genome) -> None:
    table = Genes(annotation=gtf).table(genome, {})
    assert places(table) == {"G1": "chrI:0-20", "G2": "chrI:30-40", "G3": "chrII:40-50"}
    assert table.columns["symbol"].tolist() == ["AAA1", "BBB1", "CCC1"]
    wider = Genes(annotation=gtf, upstream=7, downstream=1).table(genome, {})
    assert places(wider) == {"G2": "chrI:29-47"}
    assert places(Genes(annotation=gtf).table(None, {}))["G4"] == "plasmid:4-9"


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"pattern": "G[12]"}, ["G1", "G2"]),
        ({"genes": ["G3", "G1"]}, ["G1", "G3"]),
        ({"genes": "BBB1"}, ["G2"]),
        ({"genes": ["G2"], "name": "gene_name"}, ["BBB1"]),
        ({"genes": ["AAA1"]}, ["G1", "G4"]),
        ({"pattern": "[BC]", "name": "gene_name"}, ["BBB1", "CCC1"]),
    ],
)
def test_genes_are_chosen_by_name(params: dict[str, Any], found: list[str], gtf: str) -> None:
    assert Genes(annotation=gtf, **params).table(None, {}).name.tolist() == found


WRONG: dict[str, dict[str, Any]] = {
    "line 4: AAA1 occurs twice, first on line 1; name genes by what tells them apart": {"name": "gene_name"},
    "it has no gene BBB2; did you mean BBB1": {"genes": ["BBB2"]},
    "it has no gene unlike; its genes are called as G1": {"genes": ["unlike"]},
    "no gene matches X; give another pattern": {"pattern": "X"},
    "it has no 'exon'; write `feature = …`: it has gene": {"feature": "exon"},
}


@pytest.mark.parametrize("said", WRONG)
def test_a_choice_that_fails_is_said(said: str, gtf: str, genome: Genome) -> None:
    with pytest.raises(DataError, match=re.escape(said)):
        Promoters(annotation=gtf, upstream=5, **WRONG[said]).table(genome, {})


FILES = {
    'line 1: the genome has no 1; write `rename_chromosomes = { "1" = "chrI", "2" = "chrII" }`': [
        ("1", 1, 5, "+", "G1", ""),
        ("2", 1, 5, "+", "G2", ""),
    ],
    "line 2: G2 has the strand '.'; give genes with a strand": [
        ("chrI", 1, 5, "+", "G1", ""),
        ("chrI", 1, 5, ".", "G2", ""),
    ],
    "line 2: G1 occurs twice, first on line 1": [
        ("chrI", 1, 5, "+", "G1", ""),
        ("chrII", 1, 5, "+", "G1", ""),
    ],
    "it holds no genes": [],
}


@pytest.mark.parametrize("said", FILES)
def test_an_annotation_that_cannot_be_used_is_refused(said: str, tmp_path: Path, genome: Genome) -> None:
    with pytest.raises(DataError, match=re.escape(said)):
        Genes(annotation=written(tmp_path, FILES[said])).table(genome, {})


@pytest.mark.skipif(not FORMATS.exists(), reason="needs ../shared/data")
@pytest.mark.parametrize("name", ["genes.gtf.gz", "genes.gff3.gz"])
def test_promoters_of_yeast_are_the_same_from_every_format(name: str) -> None:
    genome = Genome(YEAST / "sacCer3_16chr.fa.gz")
    params: dict[str, Any] = {"upstream": 500, "pattern": r"Y[A-P][LR]\d{3}[WC]"}
    table = Promoters(annotation=str(YEAST / "genes_tss.tsv"), **params).table(genome, {})
    other = Promoters(annotation=str(FORMATS / name), **params).table(genome, {})
    assert len(table) == 5999
    for key in ("chrom", "start", "end", "strand", "name"):
        np.testing.assert_array_equal(getattr(other, key), getattr(table, key))
