"""Annotations: GTF and GFF3 count from 1, tables from 0; all three say the same of a gene."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from getdsl.formats.genes import Gene, read_genes
from getdsl.formats.text import FormatError

FORMATS = Path(__file__).parents[3] / "shared" / "data" / "yeast_formats"
TABLE = Path(__file__).parents[2] / "getdsl" / "data" / "yeast" / "genes_tss.tsv"

GTF = """#!genome x
chr1\tx\tgene\t1\t100\t.\t+\t.\tgene_id "G1"; gene_name "ABC1"; note "a; b";
chr1\tx\ttranscript\t11\t100\t.\t+\t.\tgene_id "G1"; transcript_id "T1";
chr1\tx\ttranscript\t1\t90\t.\t+\t.\tgene_id "G1"; transcript_id "T2";
chr2\tx\tgene\t50\t60\t.\t-\t.\tgene_id "G2";
"""
GFF3 = """##gff-version 3
chr1\tx\tgene\t1\t100\t.\t+\t.\tID=gene:G1;Name=ABC1;note=a%3B b
chr1\tx\ttranscript\t11\t100\t.\t+\t.\tID=transcript:T1;Parent=gene:G1
chr1\tx\ttranscript\t1\t90\t.\t+\t.\tID=transcript:T2;Parent=gene:G1
chr2\tx\tgene\t50\t60\t.\t-\t.\tID=gene:G2
##FASTA
>chr1
ACGT
"""
TSV = """chrom\tstart\tend\tstrand\tgene_id\tgene_name
chr1\t0\t100\t+\tG1\tABC1
chr2\t49\t60\t-\tG2\t
"""


def written(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "genes"
    path.write_bytes(gzip.compress(content.encode()))
    return path


def without_line(genes: list[Gene]) -> list[tuple[object, ...]]:
    return [(g.name, g.chrom, g.start, g.end, g.strand, g.symbol) for g in genes]


@pytest.mark.parametrize("content", [GTF, GFF3, TSV, "\ufeff" + GTF.replace("\n", "\r\n")])
def test_the_first_base_is_0(content: str, tmp_path: Path) -> None:
    assert without_line(read_genes(written(tmp_path, content))) == [
        ("G1", "chr1", 0, 100, "+", "ABC1"),
        ("G2", "chr2", 49, 60, "-", ""),
    ]


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    assert [gene.line for gene in read_genes(written(tmp_path, GTF))] == [2, 5]
    assert [gene.line for gene in read_genes(written(tmp_path, TSV))] == [2, 3]


@pytest.mark.parametrize("content", [GTF, GFF3])
def test_a_feature_is_called_by_its_own_identifier(content: str, tmp_path: Path) -> None:
    found = read_genes(written(tmp_path, content), feature="transcript")
    assert [(gene.name, gene.start, gene.end) for gene in found] == [("T1", 10, 100), ("T2", 0, 90)]


@pytest.mark.parametrize(("content", "name"), [(GTF, "gene_name"), (GFF3, "Name"), (TSV, "gene_name")])
def test_a_gene_without_the_name_keeps_its_identifier(content: str, name: str, tmp_path: Path) -> None:
    found = read_genes(written(tmp_path, content), name=name)
    assert [(gene.name, gene.identifier) for gene in found] == [("ABC1", "G1"), ("G2", "G2")]


def line(**changes: str) -> str:
    names = "chrom source feature start end score strand frame attributes".split()
    given = {**dict(zip(names, GTF.split("\n")[1].split("\t"), strict=True)), **changes}
    return "\t".join(given.values())


WRONG = {
    line(start="0"): "6: it starts at 0, and GTF and GFF3 count from 1",
    line(start="200"): "6: it is reversed: start 200, end 100",
    line(start="1.5"): "6: start must be a whole number, found '1.5'",
    line(attributes='note "x";'): "6: it has no gene_id or ID; `name` is one of its attributes: note",
    line().rsplit("\t", 2)[0]: "6: it has 7 columns, where GTF and GFF3 have 9",
}


@pytest.mark.parametrize("row", WRONG)
def test_a_row_that_is_wrong_is_named(row: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=WRONG[row]):
        read_genes(written(tmp_path, f"{GTF}{row}\n"))


FILES = {
    "chrom\tstart\tend\tstrand\n": "1: the header lacks a column of names, such as gene_id",
    "gene_id\tvalue\n": "1: the header lacks chrom, start, end, strand",
    f"{TSV}chr1\t5\t2\t+\tG3\t\n": "4: start must lie below end, found 5 and 2",
    f"{TSV}chr1\t-5\t2\t+\tG3\t\n": "4: it starts at -5, before its chromosome",
    f"{TSV}chr1\t5\t\n": "4: found 3 columns, the header has 6",
    GTF.replace("\tgene\t", "\tCDS\t"): "it has no 'gene'; write `feature = …`: it has CDS, transcript",
}


@pytest.mark.parametrize("content", FILES)
def test_a_file_that_is_wrong_is_refused(content: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=FILES[content]):
        read_genes(written(tmp_path, content))


def test_a_column_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="it has no column 'symbol'; it has chrom, start, end, strand"):
        read_genes(written(tmp_path, TSV), name="symbol")


@pytest.mark.skipif(not FORMATS.exists(), reason="needs ../shared/data")
@pytest.mark.parametrize("name", ["genes.gtf.gz", "genes.gff3.gz"])
def test_yeast_reads_the_same_from_all_three(name: str) -> None:
    genes = read_genes(TABLE)
    assert len(genes) == 6399
    others = read_genes(FORMATS / name)  # which call a gene without a symbol by its identifier
    assert [item[:5] for item in without_line(others)] == [item[:5] for item in without_line(genes)]
    assert [gene.symbol for gene in others] == [gene.symbol or gene.name for gene in genes]
