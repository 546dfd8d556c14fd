"""The reader `Expression`, worked by hand, and on yeast's genes."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from getdsl.data.errors import DataError
from tests.data.declarations import (
    SHARED,
    YEAST,
    declared,
    section,
    write_bed,
    write_genes,
    write_genome,
    write_stranded,
)

TPM = SHARED / "data" / "yeast_expression" / "yeast_WT_expression.tsv"
ROWS = [("chrA", 10, 20), ("chrA", 15, 30), ("chrA", 40, 50), ("chrB", 0, 9)]
VALUES = "gene\ttpm\nplus10\t1.5\nplus19\t4\nminus17\t2\nminus18\t8\nnowhere\t7\nalone\t3\n"


def write(folder: Path) -> None:
    """Genes that start at 10, 19, 17 and 18 of chrA, at 8 of chrB, and between regions."""
    write_genome(folder, {"chrA": 100, "chrB": 100})
    write_bed(folder, ROWS)
    write_genes(
        folder,
        [
            ("chrA", 10, 60, "+", "plus10"),
            ("chrA", 19, 60, "+", "plus19"),
            ("chrA", 0, 18, "-", "minus17"),
            ("chrA", 0, 19, "-", "minus18"),
            ("chrA", 35, 60, "+", "nowhere"),
            ("chrA", 45, 60, "+", "unmeasured"),
            ("chrB", 2, 9, "-", "alone"),
        ],
    )
    (folder / "values.tsv").write_text(VALUES)


def read(folder: Path, params: str = "", more: str = "", file: str = "values.tsv") -> Any:
    reader = f'Expression("{folder}/{file}", annotation = "{folder}/genes.tsv"{params})'
    source = declared(section(folder, f"label = {reader}", more=more))
    return source.batch(np.arange(len(source)))["label"]


@pytest.mark.parametrize(
    ("several", "expected"),
    [
        ("max", [[4, 8], [4, 8], [0, 0], [0, 3]]),
        ("sum", [[5.5, 10], [4, 10], [0, 0], [0, 3]]),
        ("mean", [[2.75, 5], [4, 5], [0, 0], [0, 3]]),
    ],
)
def test_small_values_worked_by_hand(tmp_path: Path, several: str, expected: list[list[float]]) -> None:
    write(tmp_path)
    assert read(tmp_path, f', several = "{several}"').tolist() == expected


def test_the_first_strand_is_that_of_the_region(tmp_path: Path) -> None:
    write(tmp_path)
    forward = read(tmp_path)
    write_stranded(tmp_path, [(*row, strand) for row, strand in zip(ROWS, "+-.-", strict=True)])
    found = read(tmp_path)
    assert found.tolist() == [[4, 8], [8, 4], [0, 0], [3, 0]]
    write_stranded(tmp_path, [(*row, "-") for row in ROWS])
    assert read(tmp_path).flip(1).equal(forward)


def test_the_other_strand_swaps_the_two(tmp_path: Path) -> None:
    write(tmp_path)
    reader = f'Expression("{tmp_path}/values.tsv", annotation = "{tmp_path}/genes.tsv")'
    source = declared(section(tmp_path, f"label = {reader}", samples="Windows(size = 3)"))
    batch = source.batch(np.arange(1))
    assert batch["label"].shape == (1, 3, 2)
    assert source.reverse_complement is not None
    assert source.reverse_complement(batch)["label"].equal(batch["label"].flip(-1))


def test_values_below_zero_are_kept(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "values.tsv").write_text("gene\tlog\nplus10\t-2\nalone\t-3\n")
    assert read(tmp_path).tolist() == [[-2, 0], [0, 0], [0, 0], [0, -3]]


def test_each_cell_type_has_its_own_values(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "b.tsv").write_text("gene,tpm\nalone,9\n")
    (tmp_path / "a.tsv").write_text(VALUES)
    (tmp_path / "both.tsv").write_text("length\tgene\ta\tb\n5\talone\t3\t9\n")
    more = 'celltypes = ["b", "a"]\n'
    found = read(tmp_path, more=more, file="{celltype}.tsv")
    assert found.tolist() == [[0, 0], [0, 0], [0, 0], [0, 9], [4, 8], [4, 8], [0, 0], [0, 3]]
    columns = read(tmp_path, ', column = "{celltype}", gene_column = "gene"', more, "both.tsv")
    assert columns[:, 1].tolist() == [0, 0, 0, 9, 0, 0, 0, 3]


@pytest.mark.parametrize(
    ("text", "params", "words"),
    [
        ("gene\ttpm\nalone\t3\nalone\t4\n", "", ["line 3", "the gene alone stands on line 2 already"]),
        ("gene\ttpm\nalone\thigh\n", "", ["line 2", "tpm is 'high', which is no number"]),
        ("gene\ttpm\nalone\tnan\n", "", ["line 2", "tpm is nan, and every gene needs a number"]),
        ("gene\ttpm\nalone\n", "", ["line 2", "found 1 columns"]),
        ("gene\ta\tb\nalone\t1\t2\n", "", ["line 1", "gene, a, b", "`column` must name"]),
        (VALUES, ', column = "tmp"', ["line 1", "no column 'tmp', only gene, tpm"]),
        (VALUES, ', gene_column = "id"', ["line 1", "no column 'id'"]),
        ("gene\ttpm\n", "", ["it holds no genes"]),
        ("gene\ttpm\nENS1\t3\n", "", ["none of the genes of", "plus10", "ENS1", "`gene_column`"]),
        ("gene\ttpm\nnowhere\t3\n", "", ["none of the 6 genes that start in regions", "has a value"]),
        ("", "", ["line 1", "`column` must name"]),
        (None, "", ["no such file"]),
    ],
)
def test_wrong_tables_are_said(tmp_path: Path, text: str | None, params: str, words: list[str]) -> None:
    write(tmp_path)
    (tmp_path / "values.tsv").unlink()
    if text is not None:
        (tmp_path / "values.tsv").write_text(text)
    with pytest.raises(DataError) as caught:
        read(tmp_path, params)
    assert all(word in str(caught.value) for word in ["values.tsv", "(for `label`)", *words]), caught.value


def test_genes_that_start_in_no_region_are_said(tmp_path: Path) -> None:
    write(tmp_path)
    write_genes(tmp_path, [("chrA", 0, 16, "+", "g")])
    with pytest.raises(DataError, match=r"none of its 1 genes starts in a region.*first bases"):
        read(tmp_path)


@pytest.mark.skipif(not TPM.exists(), reason="the expression table does not ship")
def test_yeast_promoters_have_the_expression_of_their_genes() -> None:
    """A promoter and its gene's first base: the value of the gene, unless another one starts there too."""
    regions = f'Promoters("{YEAST}/genes_tss.tsv", upstream = 500, downstream = 1)'
    reader = f"""Expression("{TPM}", annotation = "{YEAST}/genes_tss.tsv", column = "log2_tpm1",
                            gene_column = "systematic")"""
    text = section(YEAST, f"label = {reader}", regions=regions).replace("genome.fa", "sacCer3_16chr.fa")
    source = declared(text)
    label = source.batch(np.arange(len(source)))["label"].numpy()
    with TPM.open() as file:
        values = {row["systematic"]: float(row["log2_tpm1"]) for row in csv.DictReader(file, delimiter="\t")}
    own = np.array([values.get(name, np.nan) for name in source.regions.name])
    known = ~np.isnan(own)
    assert known.sum() > 6000
    assert (label[known, 0] >= own[known].astype(np.float32)).all()
    assert (label[known, 0] == own[known].astype(np.float32)).mean() > 0.98
