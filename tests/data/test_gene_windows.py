"""The source `GeneWindows`, worked by hand, and on yeast's genes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from getdsl.data.errors import DataError
from tests.data.declarations import SHARED, YEAST, declared, section, write_bed, write_genes, write_genome

FORMATS = SHARED / "data" / "yeast_formats"


def write(folder: Path) -> None:
    """Seven regions of 6 bp on chrA, in no order, two that overlap on chrB; genes on both strands."""
    write_genome(folder, {"chrA": 100, "chrB": 100})
    rows = [("chrA", start, start + 6) for start in (30, 0, 20, 10, 60, 50, 40)]
    write_bed(folder, [*rows, ("chrB", 5, 15), ("chrB", 10, 20), ("chrB", 30, 40)])
    write_genes(
        folder,
        [
            ("chrA", 35, 70, "+", "last_base_of_30"),
            ("chrA", 2, 42, "-", "at_41"),
            ("chrA", 0, 9, "+", "first"),
            ("chrA", 50, 66, "-", "at_65"),
            ("chrA", 36, 70, "+", "between"),
            ("chrB", 12, 70, "+", "twice"),
            ("chrM", 1, 5, "+", "elsewhere"),
        ],
    )


def windows_of(folder: Path, genes: str, size: int) -> list[list[int]]:
    called = f'GeneWindows(genes = {genes}, annotation = "{folder}/genes.tsv", size = {size})'
    source = declared(section(folder, samples=called))
    found: list[list[int]] = source.batch(np.arange(len(source)))["place"][..., 0].tolist()
    return found


@pytest.mark.parametrize(
    ("genes", "size", "expected"),
    [
        ('"last_base_of_30"', 3, [[20, 30, 40]]),  # a region ends before its end, and 35 is its last base
        ('["at_41", "last_base_of_30"]', 3, [[30, 40, 50], [20, 30, 40]]),  # in the genes' order
        ('["at_41"]', 4, [[20, 30, 40, 50]]),  # of an even number two stand before
        ('["first", "at_65"]', 3, [[0, 10, 20], [40, 50, 60]]),  # moved inside
        ('"twice"', 1, [[5], [10]]),  # both regions that hold the start
        ("none", 1, [[30], [0], [60], [40], [5], [10]]),  # all that start in regions, in the regions' order
    ],
)
def test_small_windows_worked_by_hand(
    tmp_path: Path, genes: str, size: int, expected: list[list[int]]
) -> None:
    write(tmp_path)
    assert windows_of(tmp_path, genes, size) == expected


@pytest.mark.parametrize(
    ("genes", "size", "words"),
    [
        ('"MYC"', 1, ["genes.tsv", "it has no gene MYC", "last_base_of_30"]),
        ('"at_41x"', 1, ["no gene at_41x", "did you mean at_41?"]),
        ('"between"', 1, ["start of between, chrA:36", "the nearest, chrA:30-36, is 1 bp away"]),
        ('"elsewhere"', 1, ["no gene elsewhere"]),
        ('"twice"', 4, ["chrB has 3 regions, and a sample 4", "smaller `size`"]),
    ],
)
def test_genes_without_a_window_are_said(tmp_path: Path, genes: str, size: int, words: list[str]) -> None:
    write(tmp_path)
    with pytest.raises(DataError) as caught:
        windows_of(tmp_path, genes, size)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_no_gene_in_any_region_is_said(tmp_path: Path) -> None:
    write(tmp_path)
    write_genes(tmp_path, [("chrA", 7, 9, "+", "g")])
    with pytest.raises(DataError, match="none of its 1 genes starts in a region"):
        windows_of(tmp_path, "none", 1)


def test_every_yeast_gene_is_in_its_own_promoter() -> None:
    regions = f'Promoters("{YEAST}/genes_tss.tsv", upstream = 400, downstream = 1, pattern = "Y[A-P][LR]")'
    called = f'GeneWindows(annotation = "{YEAST}/genes_tss.tsv", size = 9)'
    text = section(YEAST, samples=called, regions=regions).replace("genome.fa", "sacCer3_16chr.fa")
    source = declared(text)
    place = source.batch(np.arange(len(source)))["place"].numpy()
    assert (np.diff(place[..., 0], axis=1) >= 0).all()
    centred = place[:, 4, 1] - place[:, 4, 0] == 401
    assert centred.all()
    assert len(source) >= len(source.regions)


@pytest.mark.skipif(not FORMATS.exists(), reason="the annotations do not ship")
@pytest.mark.parametrize("file", ["genes.gtf.gz", "genes.gff3.gz"])
def test_annotations_of_three_formats_give_the_same_windows(file: str) -> None:
    """By identifier, and by symbol."""
    regions = f'Promoters("{YEAST}/genes_tss.tsv", upstream = 400, downstream = 1, pattern = "Y[A-P][LR]")'
    found = []
    for path in (YEAST / "genes_tss.tsv", FORMATS / file):
        for genes in ("none", '["GAL4", "YAL068C"]'):
            called = f'GeneWindows(genes = {genes}, annotation = "{path}", size = 3)'
            text = section(YEAST, samples=called, regions=regions).replace("genome.fa", "sacCer3_16chr.fa")
            source = declared(text)
            found.append(source.batch(np.arange(len(source)))["place"])
    assert found[0].equal(found[2])
    assert found[1].equal(found[3])
    assert len(found[1]) >= 2
