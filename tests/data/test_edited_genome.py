"""What is read of a genome with edits keeps its length and its centre."""

import numpy as np
import pytest

from getdsl.data.edited_genome import Edit, EditedGenome
from getdsl.data.genome import Genome
from getdsl.formats.fasta import encode_bases

LENGTH = 400


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, EditedGenome]:
    bases = "".join("ACGT"[code] for code in np.random.default_rng(1).integers(0, 4, LENGTH))
    path = tmp_path_factory.mktemp("edited") / "genome.fa"
    path.write_text(f">chr1\n{bases}\n>chr2\nACGTACGT\n")
    return bases, EditedGenome(Genome(path))


def codes_of(text: str) -> list[int]:
    return np.array(encode_bases(text.encode())).tolist()


def window(bases: str, edits: list[tuple[int, int, str]], start: int, end: int) -> str:
    """The same by another way: letters with their places, cut so that the centre's letter stays."""
    centre = (start + end) // 2
    spanning = [stop for first, stop, _ in edits if first < centre < stop]
    pivot = spanning[0] if spanning else centre
    left, right = bases[:pivot], bases[pivot:]
    for first, stop, other in sorted(edits, reverse=True):
        if first >= pivot:
            right = right[: first - pivot] + other + right[stop - pivot :]
        else:
            left = left[:first] + other + left[stop:]
    left, right = "N" * 1000 + left, right + "N" * 1000
    before = min(pivot, end) - start
    return (left[len(left) - before :] if before else "") + right[: end - start - before]


@pytest.mark.parametrize("seed", range(60))
def test_a_window_is_cut_from_the_edited_chromosome(seed: int, text: tuple[str, EditedGenome]) -> None:
    bases, genome = text
    random = np.random.default_rng(seed)
    start = int(random.integers(-10, LENGTH - 20))
    end = start + int(random.integers(22, 80))
    places = np.sort(random.choice(np.arange(max(0, start - 20), min(LENGTH, end + 20)), 6, replace=False))
    edits = [
        (int(first), int(first + random.integers(0, stop - first)), "ACGTTGCA"[: random.integers(0, 9)])
        for first, stop in places.reshape(3, 2)
    ]
    with genome.edited("chr1", [Edit(a, b, np.array(encode_bases(c.encode()))) for a, b, c in edits[::-1]]):
        found = genome.codes("chr1", start, end)
        assert genome.codes("chr2", 0, 8).tolist() == codes_of("ACGTACGT")
    assert found.tolist() == codes_of(window(bases, edits, start, end))
    assert genome.codes("chr1", 0, LENGTH).tolist() == codes_of(bases)


def test_examples(text: tuple[str, EditedGenome]) -> None:
    bases, genome = text
    insertion = codes_of("TTT")
    for at, want in (
        (105, bases[97:99] and bases[103:105] + "TTT" + bases[105:120]),
        (115, bases[100:115] + "TTT" + bases[115:117]),
    ):
        with genome.edited("chr1", [Edit(at, at, np.array(insertion, np.uint8))]):
            assert genome.codes("chr1", 100, 120).tolist() == codes_of(want)


def test_what_is_read_is_shifted(text: tuple[str, EditedGenome]) -> None:
    bases, genome = text
    with genome.shifted(-3):
        assert genome.codes("chr1", 50, 60).tolist() == codes_of(bases[47:57])
    assert genome.codes("chr1", 50, 60).tolist() == codes_of(bases[50:60])
