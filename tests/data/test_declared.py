"""Batches as a spec declares them, held against the small files read plainly."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from getdsl.data.declared import DeclaredData
from getdsl.data.draws import Draws
from getdsl.data.errors import DataError
from tests.data.small import CHROMOSOMES, REGIONS, declared, genome, signal, write_files

Tiny = Callable[[str], DeclaredData]
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
ALL = np.arange(len(REGIONS))


def bases(chrom: str, start: int, end: int, strand: str) -> str:
    """A stretch read along its strand, N beyond the chromosome."""
    text = genome()[chrom].upper()
    found = "".join(text[at] if 0 <= at < len(text) else "N" for at in range(start, end))
    return found if strand == "+" else found.translate(COMPLEMENT)[::-1]


def letters(one_hot: torch.Tensor) -> list[str]:
    known = one_hot.sum(-1) > 0
    codes = torch.where(known, one_hot.argmax(-1), 4)
    return ["".join("ACGTN"[code] for code in row) for row in codes.tolist()]


def window(row: int, length: int, shift: int = 0) -> tuple[str, int, int, str]:
    """The stretch of `length` around a region's centre, shifted along its strand."""
    chrom, start, end, _, _, strand = REGIONS[row]
    first = (start + end) // 2 - length // 2 + (shift if strand == "+" else -shift)
    return chrom, first, first + length, strand


def track(row: int, length: int, sign: int, shift: int = 0) -> np.ndarray:  # type: ignore[type-arg]
    chrom, start, end, strand = window(row, length, shift)
    values = signal(chrom, sign)
    found = np.array([values[at] if 0 <= at < len(values) else np.nan for at in range(start, end)])
    found = np.nan_to_num(found, nan=0.0)
    return found if strand == "+" else found[::-1]


SEQUENCE = 'genome = "genome.fa" regions = Regions("regions.tsv") batch { x = Sequence(length = 50) }'


def test_sequence_is_the_strands_own(tiny: Tiny) -> None:
    batch = tiny(SEQUENCE).batch(ALL)
    assert batch["x"].dtype == torch.float32
    assert letters(batch["x"]) == [bases(*window(row, 50)) for row in ALL]


def test_reverse_complement_is_the_other_strand(tiny: Tiny) -> None:
    source = tiny(SEQUENCE)
    turned = source.reverse_complement(source.batch(ALL))
    other = {"+": "-", "-": "+"}
    expected = [bases(*window(row, 50)[:3], other[REGIONS[row][5]]) for row in ALL]
    assert letters(turned["x"]) == expected


TWO = '["plus.bw", "minus.bw"]'


@pytest.mark.parametrize("swap", [False, True])
def test_signal_by_base(tiny: Tiny, swap: bool) -> None:
    keys = f"x = Signal({TWO}, length = 50, swap = {str(swap).lower()})"
    source = tiny(f'genome = "genome.fa" regions = Regions("regions.tsv") batch {{ {keys} }}')
    found = source.batch(ALL)["x"].numpy()
    for row in ALL:
        signs = (-1, 1) if swap and REGIONS[row][5] == "-" else (1, -1)
        np.testing.assert_array_equal(found[row], np.stack([track(row, 50, sign) for sign in signs], -1))
    turned = source.reverse_complement({"x": torch.from_numpy(found)})["x"].numpy()
    expected = found[:, ::-1, ::-1] if swap else found[:, ::-1]
    np.testing.assert_array_equal(turned, expected)


@pytest.mark.parametrize("reduce", ["sum", "mean", "max"])
def test_signal_reduced(tiny: Tiny, reduce: str) -> None:
    source = tiny(
        f"""genome = "genome.fa" regions = Regions("regions.tsv") batch {{
            whole = Signal("plus.bw", reduce = "{reduce}")
            wide  = Signal({TWO}, length = 50, reduce = "{reduce}")
            bins  = Signal("plus.bw", length = 50, bin = 10, reduce = "{reduce}")
        }}"""
    )
    batch = {key: value.numpy() for key, value in source.batch(ALL).items()}
    compute = getattr(np, reduce)
    for row in ALL:
        np.testing.assert_allclose(batch["whole"][row], compute(track(row, 20, 1)), rtol=1e-6)
        np.testing.assert_allclose(
            batch["wide"][row], [compute(track(row, 50, sign)) for sign in (1, -1)], rtol=1e-6
        )
        np.testing.assert_allclose(
            batch["bins"][row], compute(track(row, 50, 1).reshape(5, 10), axis=1), rtol=1e-6
        )


def test_missing_values_are_what_is_said(tiny: Tiny) -> None:
    keys = 'x = Signal("plus.bw", length = 50, missing = -1.0)'
    found = tiny(f'regions = Regions("regions.tsv") batch {{ {keys} }}').batch(ALL)["x"][0]
    assert found[25:28].tolist() == [-1, -1, -1]  # 20 to 22 of a stretch from -5
    assert found[:5].tolist() == [-1] * 5
    with pytest.raises(DataError, match="has no value at chrI:-5; say what it is"):
        tiny(f'regions = Regions("regions.tsv") batch {{ {keys.replace("-1.0", "none")} }}').batch(ALL)


def test_readers_of_one_jitter_move_together(tiny: Tiny) -> None:
    source = tiny(
        """genome = "genome.fa" regions = Regions("regions.tsv") batch {
            x = Sequence(length = 20, jitter = 8)
            y = Signal("plus.bw", length = 10, jitter = 8)
            z = Sequence(length = 20)
        }"""
    )
    seen = set()
    for epoch in range(12):
        draws = Draws.of(0, epoch, ALL)
        batch, shifts = source.batch(ALL, draws), draws.bp(8)
        assert letters(batch["x"]) == [bases(*window(row, 20, shifts[row])) for row in ALL]
        for row in ALL:
            np.testing.assert_array_equal(batch["y"][row], track(row, 10, 1, shifts[row]))
        assert letters(batch["z"]) == [bases(*window(row, 20)) for row in ALL]
        seen.update(shifts.tolist())
    assert min(seen) < -4
    assert max(seen) > 4
    assert max(map(abs, seen)) <= 8


def test_a_sample_is_the_same_alone_and_among_others(tiny: Tiny) -> None:
    source = tiny(
        f"""genome = "genome.fa" regions = Regions("regions.tsv") batch {{
            x = Sequence(length = 20, jitter = 8)  y = Signal({TWO}, length = 10, jitter = 3)
            z = Column("score")
        }}"""
    )
    order = np.array([5, 0, 3])
    together = source.batch(order, Draws.of(1, 2, order))
    for place, sample in enumerate(order):
        one = source.batch(np.array([sample]), Draws.of(1, 2, np.array([sample])))
        for key, value in one.items():
            assert torch.equal(value[0], together[key][place])


def test_windows_put_regions_on_an_axis(tiny: Tiny) -> None:
    source = tiny(
        """genome = "genome.fa" regions = Regions("regions.tsv") samples = Windows(size = 2)
        batch { x = Sequence(length = 20)  y = Column("score") }"""
    )
    assert len(source) == 3
    batch = source.batch(np.arange(3))
    assert batch["x"].shape == (3, 2, 20, 4)
    assert batch["y"].tolist() == [[3, 0], [7, 1], [1, 12]]
    assert letters(batch["x"].flatten(0, 1)) == [bases(*window(row, 20)) for row in ALL]
    assert source.chromosomes.tolist() == ["chrI", "chrII", "chrIII"]
    assert source.table["start"].tolist() == [10, 0, 40]
    assert source.table["end"].tolist() == [70, 200, 110]


def test_cell_types_make_samples(tmp_path: Path) -> None:
    write_files(tmp_path)
    source = declared(
        tmp_path,
        """regions = Regions("regions.tsv") celltypes = ["plus", "minus"]
        batch { x = Signal("{celltype}.bw", reduce = "max")  y = Column("score") }""",
    )
    assert len(source) == 12
    batch = source.batch(np.array([0, 6, 7]))
    assert batch["celltype"].tolist() == [0, 1, 1]
    assert batch["y"].tolist() == [3, 3, 0]
    assert batch["x"].tolist() == [
        track(0, 20, 1).max(),
        np.nan_to_num(signal("chrI", -1)[10:30]).max(),
        track(1, 20, -1).max(),
    ]
    assert source.table["celltype"].tolist() == ["plus"] * 6 + ["minus"] * 6


def test_it_travels_to_another_process(tiny: Tiny) -> None:
    source = tiny(
        """genome = "genome.fa" regions = Regions("regions.tsv")
        batch { x = Sequence(length = 9)  y = Signal("plus.bw", length = 9) }"""
    )
    before = source.batch(ALL)
    copy = pickle.loads(pickle.dumps(source))
    assert all(torch.equal(value, copy.batch(ALL)[key]) for key, value in before.items())


def test_fingerprint_follows_files_and_declaration(tmp_path: Path) -> None:
    write_files(tmp_path)
    text = 'genome = "genome.fa" regions = Regions("regions.tsv") batch { x = Sequence(length = 9) }'
    first = declared(tmp_path, text).fingerprint()
    (tmp_path / "elsewhere").mkdir()
    write_files(tmp_path / "elsewhere")
    assert declared(tmp_path / "elsewhere", text).fingerprint() == first
    assert declared(tmp_path, text.replace("9", "10")).fingerprint() != first
    table = (tmp_path / "regions.tsv").read_text()
    (tmp_path / "regions.tsv").write_text(table.replace("\ta\t3.0", "\ta\t4.0"))
    assert declared(tmp_path, text).fingerprint() != first


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ('regions = Regions("regions.bed") batch { x = Sequence(length = 9) }', "`Sequence` needs a genome"),
        ('regions = Regions("regions.tsv") batch { x = Column("scor") }', "no column 'scor'"),
        (
            'regions = Regions("regions.tsv") batch { x = Column("name") }',
            "it has no column 'name'",
        ),
        ('regions = Regions("genome.fa") batch { x = Column("x") }', "line 1: expected chrom, start and end"),
        (
            'regions = Regions("regions.tsv") batch { x = Signal("genome.fa", reduce = "sum") }',
            "bedGraph has 4",
        ),
        (
            'regions = Regions("regions.tsv") rename_chromosomes = { chrI = "I" } genome = "genome.fa" '
            'batch { x = Column("score") }',
            "line 2: the genome has no chrI",
        ),
    ],
)
def test_what_cannot_be_used_is_said(tiny: Tiny, data: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        tiny(data)
    assert words in str(caught.value)


def test_all_chromosomes_are_those_of_the_genome(tiny: Tiny) -> None:
    source = tiny(SEQUENCE)
    assert source.regions.chromosomes == tuple(CHROMOSOMES)
