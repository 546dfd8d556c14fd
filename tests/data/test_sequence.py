"""The reader `Sequence`: letters of a chromosome, on the strand of each region, as one-hot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from getdsl.data import derived
from getdsl.data.errors import DataError
from getdsl.data.genome import Genome
from getdsl.data.readers.sequence import Sequence
from tests.data.reading import Place, context_of, places_of, read

DRAW = np.random.default_rng(0)
BASES = {"chrI": "".join(DRAW.choice(list("ACGTacgtNnRy"), 300)), "chrII": "ACGTTGCA"}
PLACES: list[Place] = [("chrI", 50, 60, 1), ("chrI", 50, 61, -1), ("chrI", 0, 3, -1), ("chrII", 4, 8, 0)]


@pytest.fixture
def genome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Genome:
    monkeypatch.setattr(derived, "cache_folder", lambda: tmp_path / "cache")
    path = tmp_path / "genome.fa"
    path.write_text("".join(f">{name}\n{bases}\n" for name, bases in BASES.items()))
    return Genome(path)


def expected(place: Place, length: int, shift: int = 0) -> Any:
    """[length, 4], letter by letter."""
    chrom, start, end, strand = place
    first = (start + end) // 2 - length // 2 + (shift if strand >= 0 else -shift)
    letters = [
        BASES[chrom][at].upper() if 0 <= at < len(BASES[chrom]) else "N"
        for at in range(first, first + length)
    ]
    if strand < 0:
        letters = [{"A": "T", "C": "G", "G": "C", "T": "A"}.get(letter, "N") for letter in letters[::-1]]
    return np.array([[letter == base for base in "ACGT"] for letter in letters], np.float32)


@pytest.mark.parametrize("length", [1, 2, 21, 400])
def test_letters_are_those_of_the_chromosome(length: int, genome: Genome) -> None:
    found = read(Sequence(length=length), context_of(PLACES, tuple(BASES), genome))
    assert found.dtype == torch.float32
    np.testing.assert_array_equal(found, np.stack([expected(place, length) for place in PLACES]))


@pytest.mark.parametrize("shift", [-4, -1, 0, 4])
def test_a_shift_moves_along_the_strand(shift: int, genome: Genome) -> None:
    reader = Sequence(length=30, jitter=4)
    found = read(reader, context_of(PLACES, tuple(BASES), genome), shifts=[shift] * len(PLACES))
    np.testing.assert_array_equal(found, np.stack([expected(place, 30, shift) for place in PLACES]))


def test_the_other_strand_is_the_reverse_complement(genome: Genome) -> None:
    reader = Sequence(length=30)
    found = read(reader, context_of(PLACES, tuple(BASES), genome))
    other = [(chrom, start, end, -1 if strand >= 0 else 1) for chrom, start, end, strand in PLACES]
    turned = read(reader, context_of(other, tuple(BASES), genome))
    assert torch.equal(reader.reverse_complement(found), turned)


def test_reading_does_not_depend_on_company(genome: Genome) -> None:
    reader = Sequence(length=30, jitter=2)
    context = context_of(PLACES, tuple(BASES), genome)
    reader.open(context)
    whole = reader.read(places_of(context))
    assert whole.dtype == np.uint8
    for row, place in enumerate(PLACES):
        single = reader.read(places_of(context_of([place], tuple(BASES), genome)))
        np.testing.assert_array_equal(single, whole[row : row + 1])
    assert reader.tensor(whole[:0], np.zeros(0, np.int64)).shape == (0, 30, 4)


def test_without_a_genome_it_says_what_to_write() -> None:
    with pytest.raises(DataError, match=r'`Sequence` needs a genome; add `genome = "genome\.fa\.gz"` to'):
        Sequence(length=5).open(context_of(PLACES, tuple(BASES)))
