"""The source `Tiles`, worked by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from getdsl.data.errors import DataError
from tests.data.declarations import declared, section, write_genome


def tiles(folder: Path, params: str) -> list[tuple[str, int, int]]:
    write_genome(folder, {"chrB": 25, "chrA": 10, "chrC": 9})
    source = declared(section(folder, regions=f"Tiles({params})"))
    place = source.batch(np.arange(len(source)))["place"].tolist()
    return [(str(chrom), *ends) for chrom, ends in zip(source.chromosomes, place, strict=True)]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ("width = 10", [("chrB", 0, 10), ("chrB", 10, 20), ("chrA", 0, 10)]),
        ('width = 9, chromosomes = ["chrC", "chrA"]', [("chrC", 0, 9), ("chrA", 0, 9)]),
        ("width = 20, step = 3", [("chrB", 0, 20), ("chrB", 3, 23)]),
    ],
)
def test_small_tiles(tmp_path: Path, params: str, expected: list[tuple[str, int, int]]) -> None:
    assert tiles(tmp_path, params) == expected


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ("width = 26", "none of its chromosomes has 26 bp; write a smaller `width`"),
        ('width = 5, chromosomes = ["A"]', "no A, which `Tiles` names; did you mean chrA"),
    ],
)
def test_tiles_that_do_not_fit_are_said(tmp_path: Path, params: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        tiles(tmp_path, params)


def test_a_genome_is_needed(tmp_path: Path) -> None:
    text = section(tmp_path, regions="Tiles(width = 5)")
    with pytest.raises(DataError, match="`Tiles` needs a genome"):
        declared("\n".join(line for line in text.splitlines() if "genome =" not in line))
