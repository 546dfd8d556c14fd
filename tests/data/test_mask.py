"""The reader `Mask`: gene starts, and chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from getdsl.data.draws import Draws
from getdsl.data.errors import DataError
from tests.data.declarations import checked, declared, section, write_bed, write_genes, write_genome


def write(folder: Path, regions: int = 12) -> None:
    write_genome(folder, {"chrA": 20 * regions})
    write_bed(folder, [("chrA", 20 * at, 20 * at + 10) for at in range(regions)])
    write_genes(folder, [("chrA", 45, 90, "+", "g"), ("chrA", 1, 30, "-", "h"), ("chrA", 35, 90, "+", "i")])


def test_regions_that_hold_a_gene_start_are_one(tmp_path: Path) -> None:
    write(tmp_path)
    source = declared(
        section(tmp_path, f'mask = Mask(tss = "{tmp_path}/genes.tsv")', samples="Windows(size = 4)")
    )
    found = source.batch(np.arange(3))["mask"]
    assert found.tolist() == [[0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert source.batch(np.arange(3), Draws.of(1, 2, np.arange(3)))["mask"].equal(found)


def test_chance_follows_from_seed_epoch_and_sample(tmp_path: Path) -> None:
    write(tmp_path, 4000)
    source = declared(section(tmp_path, "mask = Mask(ratio = 0.3)", samples="Windows(size = 8)"))
    some = np.arange(500)

    def drawn(seed: int, epoch: int, samples: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        return source.batch(samples, Draws.of(seed, epoch, samples))["mask"].numpy()

    first = drawn(0, 0, some)
    assert first.shape == (500, 8)
    assert np.array_equal(drawn(0, 0, some[::-1]), first[::-1])
    assert np.array_equal(drawn(0, 0, some[7:8]), first[7:8])
    assert np.array_equal(
        source.batch(some)["mask"].numpy(), first
    )  # measuring: always those of seed and epoch 0
    for other in (drawn(1, 0, some), drawn(0, 1, some)):
        agreement = (other == first).mean()
        assert abs(agreement - (0.3**2 + 0.7**2)) < 0.03
    assert abs(first.mean() - 0.3) < 0.02
    by_position, by_sample = first.mean(axis=0), first.sum(axis=1)
    assert np.abs(by_position - 0.3).max() < 0.07
    assert abs(by_sample.var() - 8 * 0.3 * 0.7) < 0.3  # each position by itself, as GET draws them


def test_chance_of_single_regions(tmp_path: Path) -> None:
    write(tmp_path, 2000)
    source = declared(section(tmp_path, "mask = Mask(ratio = 0.5)"))
    found = source.batch(np.arange(2000))["mask"]
    assert found.shape == (2000,)
    assert abs(float(found.float().mean()) - 0.5) < 0.05


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ("", "either from `ratio` or from `tss`"),
        ('ratio = 0.2, tss = "genes.tsv"', "either from `ratio` or from `tss`"),
        ("ratio = 1", "between 0 and 1"),
    ],
)
def test_masks_of_nothing_are_said(tmp_path: Path, params: str, word: str) -> None:
    found = checked(section(tmp_path, f"mask = Mask({params})"))
    assert any(word in item.message for item in found.diagnostics)


def test_genes_that_start_in_no_region_are_said(tmp_path: Path) -> None:
    write(tmp_path)
    write_genes(tmp_path, [("chrA", 15, 19, "+", "g")])
    with pytest.raises(DataError, match="none of its 1 genes starts in a region"):
        declared(section(tmp_path, f'mask = Mask(tss = "{tmp_path}/genes.tsv")'))
