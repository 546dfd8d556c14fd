"""Which samples train, validate and test, against what is worked out sample by sample."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from getdsl.compiler.check import check
from getdsl.data.errors import DataError
from getdsl.data.overlaps import Stretches, clusters, near
from getdsl.data.splits import Split, split
from getdsl.diagnostics import UserError
from getdsl.runs.opened.samples import open_source, split_source

MODEL = "model M { input sequence: onehot[B, L, 4]  output y = mean(sequence, dim = 1) }\n"
WINDOWED = "model M { input sequence: onehot[B, R, L, 4]  output y = mean(sequence, dim = 2) }\n"
PEAKS = [("chrI", at, at + 50) for at in range(0, 1000, 100)] + [
    ("chrII", at, at + 50) for at in (0, 40, 200)
]


@pytest.fixture
def splits(tmp_path: Path) -> Callable[..., Split]:
    """The splits of `PEAKS`, or of other regions, by settings of `data`."""

    def opened(settings: str, peaks: Any = PEAKS, model: str = MODEL) -> Split:
        (tmp_path / "genome.fa").write_text(f">chrI\n{'ACGT' * 500}\n>chrII\n{'GGCA' * 500}\n")
        lines = ["\t".join(map(str, peak)) for peak in peaks]
        (tmp_path / "peaks.bed").write_text("\n".join(lines) + "\n")
        data = (
            'genome = "genome.fa"  regions = Regions("peaks.bed")  batch { sequence = Sequence(length = 20) }'
        )
        (tmp_path / "spec.get").write_text(f"{model}data {{ {data} {settings} }}")
        checked = check(tmp_path / "spec.get")
        assert checked.spec is not None, checked.diagnostics
        return split_source(checked.spec, open_source(checked.spec))

    return opened


def numbers(found: Split) -> tuple[list[int], list[int], list[int]]:
    return found.train.tolist(), found.validation.tolist(), found.test.tolist()


def test_chromosomes(splits: Callable[..., Split]) -> None:
    assert numbers(splits('hold_out = { chromosomes = ["chrII"] }')) == ([*range(10)], [], [10, 11, 12])
    assert numbers(splits("")) == ([*range(13)], [], [])


@pytest.mark.parametrize("name", ["chr2", "2", "II", "chrii"])
def test_another_spelling_of_a_chromosome_is_recognised(splits: Callable[..., Split], name: str) -> None:
    with pytest.raises(UserError, match=f"hold_out names '{name}', which has no samples") as error:
        splits(f'hold_out = {{ chromosomes = ["{name}"] }}')
    assert error.value.help == "did you mean chrII? there are: chrI, chrII"


def test_regions_of_a_file_hold_what_overlaps_them(splits: Callable[..., Split], tmp_path: Path) -> None:
    (tmp_path / "test.bed").write_text("chrI\t149\t201\nchrIII\t0\t9\nchrI\t350\t400\n")
    found = splits('hold_out = { regions = "test.bed", chromosomes = ["chrII"] }')
    assert numbers(found) == ([0, 3, 4, 5, 6, 7, 8, 9], [], [1, 2, 10, 11, 12])


def test_test_wins_over_validation(splits: Callable[..., Split], tmp_path: Path) -> None:
    (tmp_path / "test.bed").write_text("chrI\t100\t150\n")
    (tmp_path / "validation.bed").write_text("chrI\t100\t220\n")
    found = splits('hold_out = { regions = "test.bed" } validation = { regions = "validation.bed" }')
    assert numbers(found) == ([0, *range(3, 13)], [2], [1])


@pytest.mark.parametrize(
    ("settings", "said", "mend"),
    [
        ('hold_out = { regions = "none.bed" }', "none.bed: there is no such file", "give another file"),
        ('hold_out = { regions = "far.bed" }', "far.bed: none of the 1 regions", "lie on chrI, chrII"),
        ('hold_out = { regions = "bad.bed" }', "bad.bed: line 1: ", "correct it"),
        ('hold_out = { column = "fold", values = ["3"] }', "names the column 'fold'", "there are: name"),
        (
            'hold_out = { column = "name", values = ["chrI:0-5"] }',
            "hold_out names name = 'chrI:0-5', which no region has",
            "did you mean chrI:0-50",
        ),
        ('hold_out = { celltypes = ["cd4"] }', "the data have no cell types", "celltypes = "),
        ('hold_out = { chromosomes = ["chrI", "chrII"] }', "all of its 13 samples", "at least one"),
        (
            'hold_out = { fraction = 0.1, chromosomes = ["chrII"] } gap = 99',
            "finds no two blocks",
            "smaller `block` or `gap`",
        ),
        (
            'hold_out = { chromosomes = ["chrI"] } validation = { column = "name", values = ["chrI:0-50"] }',
            "hold_out takes all samples that validation names",
            "one set only",
        ),
    ],
)
def test_what_cannot_be_answered_is_said(
    splits: Callable[..., Split], tmp_path: Path, settings: str, said: str, mend: str
) -> None:
    (tmp_path / "far.bed").write_text("chrI\t1990\t1995\n")
    (tmp_path / "bad.bed").write_text("chrI\t19\t5\n")
    with pytest.raises(UserError, match=said) as error:
        splits(settings)
    assert mend in str(error.value.help)


def test_samples_that_overlap_are_named(splits: Callable[..., Split]) -> None:
    with pytest.raises(UserError) as error:
        splits('hold_out = { column = "name", values = ["chrII:40-90"] }')
    assert str(error.value).endswith(
        "peaks.bed: 1 training samples overlap those of hold_out, "
        "the first chrII:0-50 (line 11) and chrII:40-90 (line 12)"
    )


def test_samples_within_the_gap_are_named(splits: Callable[..., Split]) -> None:
    held = 'hold_out = { column = "name", values = ["chrI:200-250"] }'
    assert splits(f"{held} gap = 50").test.tolist() == [2]  # 50 bp lie between
    with pytest.raises(
        UserError, match="2 training samples lie closer than 51 bp to those of hold_out"
    ) as error:
        splits(f"{held} gap = 51")
    assert "smaller `gap`" in str(error.value.help)


def test_validation_and_test_may_not_overlap_either(splits: Callable[..., Split], tmp_path: Path) -> None:
    (tmp_path / "a.bed").write_text("chrII\t0\t10\n")
    (tmp_path / "b.bed").write_text("chrII\t60\t300\n")
    with pytest.raises(UserError, match="1 validation samples overlap those of hold_out"):
        splits('hold_out = { regions = "a.bed" } validation = { regions = "b.bed" }')


def test_a_window_is_held_where_any_of_its_regions_is(splits: Callable[..., Split], tmp_path: Path) -> None:
    (tmp_path / "test.bed").write_text("chrI\t320\t330\n")
    held = 'hold_out = { regions = "test.bed" }'
    assert numbers(splits(f"{held} samples = Windows(size = 2)", model=WINDOWED)) == (
        [0, 2, 3, 4, 5],
        [],
        [1],
    )
    with pytest.raises(UserError, match=r"2 training samples overlap .* chrI:200-250 \(line 3\) is in both"):
        splits(f"{held} samples = Windows(size = 2, step = 1)", model=WINDOWED)


def test_cell_types_and_chromosomes_combine(splits: Callable[..., Split]) -> None:
    """Test if either says so; the places of a cell type that is held out are those of the others."""
    found = splits(
        'celltypes = ["a", "b", "c"] hold_out = { celltypes = ["c"], chromosomes = ["chrII"] }'
        'validation = { celltypes = ["b"] }'
    )
    on_first, on_second = range(10), range(10, 13)
    test = [13 * kind + row for kind, row in product(range(3), range(13)) if kind == 2 or row in on_second]
    assert numbers(found) == ([*on_first], [13 + row for row in on_first], test)


def test_regions_that_are_held_for_their_place_are_so_in_every_cell_type(
    splits: Callable[..., Split], tmp_path: Path
) -> None:
    (tmp_path / "test.bed").write_text("chrII\t60\t300\n")
    with pytest.raises(UserError, match="2 training samples overlap"):
        splits('celltypes = ["a", "b"] hold_out = { regions = "test.bed" }')


# -- fractions


PLENTY = [(f"chr{'I' * (1 + row % 2)}", at, at + 4) for row, at in enumerate(range(0, 1990, 10))]


def test_a_fraction_is_about_so_many_samples_in_whole_blocks(splits: Callable[..., Split]) -> None:
    found = splits(
        "hold_out = { fraction = 0.2, block = 100 } validation = { fraction = 0.1, block = 100 }", PLENTY
    )
    assert [len(part) for part in (found.train, found.validation, found.test)] == pytest.approx(
        [139, 20, 40], abs=6
    )
    assert sorted(np.concatenate([found.train, found.validation, found.test])) == [*range(len(PLENTY))]
    held = set(found.test.tolist())
    blocks = {(PLENTY[row][0], PLENTY[row][1] // 100) for row in held}
    assert held == {row for row, (chrom, at, _) in enumerate(PLENTY) if (chrom, at // 100) in blocks}
    assert 3 < len(blocks) < 20
    assert len({chrom for chrom, _ in blocks}) == 2


def test_a_fraction_follows_from_its_seed_and_the_places_alone(splits: Callable[..., Split]) -> None:
    def held(seed: int, peaks: Any = PLENTY) -> set[Any]:
        found = splits(f"hold_out = {{ fraction = 0.2, block = 100, seed = {seed} }}", peaks)
        return {peaks[row] for row in found.test.tolist()}

    assert held(0) == held(0, PLENTY[::-1])
    assert held(0) != held(1)


def test_a_fraction_parts_no_neighbours(splits: Callable[..., Split]) -> None:
    """Regions that overlap in chains, many blocks long, are one block: nothing is refused."""
    chained = [("chrI", at, at + 30) for at in range(0, 900, 20)] + PLENTY[100:]
    found = splits("hold_out = { fraction = 0.3, block = 50 } gap = 3", chained)
    chain = set(range(45))
    assert chain <= set(found.train.tolist()) or chain <= set(found.test.tolist())
    assert len(found.test)


def test_a_fraction_parts_nothing_within_the_gap(splits: Callable[..., Split]) -> None:
    """Regions 16 bp apart are one block where 17 must lie between: here all of a chromosome."""
    found = splits("hold_out = { fraction = 0.1, block = 50 } gap = 17", PLENTY)
    assert len({PLENTY[row][0] for row in found.test.tolist()}) == 1
    assert len(found.test) in (99, 100)
    assert len(splits("hold_out = { fraction = 0.1, block = 50 } gap = 16", PLENTY).test) < 30


# -- sources that are read whole


class Whole(SimpleNamespace):
    def __len__(self) -> int:
        return len(self.chromosomes)


def asked(settings: str, source: Any) -> Split:
    from getdsl.compiler.check import check_text

    checked = check_text(
        f'model M {{ input x: [B]  output y = x }} data {{ regions = Regions("p.bed") '
        f'batch {{ x = Column("x") }} {settings} }}'
    )
    assert checked.spec is not None, checked.diagnostics
    return split(source, checked.spec.data_settings)


def source_of(**table: Any) -> Any:
    return Whole(path="x.zarr", chromosomes=np.array(["chr2", "chr2", "chr1", "chr3"]), table=table)


def test_a_whole_source_is_split_by_what_it_says() -> None:
    places = {"start": np.array([0, 10, 0, 0]), "end": np.array([10, 20, 10, 10])}
    assert numbers(asked('hold_out = { chromosomes = ["chr2"] }', source_of())) == ([2, 3], [], [0, 1])
    kinds = source_of(celltype=np.array(["a", "b", "a", "b"]), fold=np.array([1, 2, 2, 1]), **places)
    assert numbers(asked('hold_out = { celltypes = ["b"] }', kinds)) == ([0, 2], [], [1, 3])
    assert numbers(asked('hold_out = { column = "fold", values = ["2.0"] }', kinds)) == ([0, 3], [], [1, 2])
    assert len(asked("hold_out = { fraction = 0.3 }", kinds).test) == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("hold_out = { fraction = 0.3 }", "`hold_out.fraction` needs the samples' places"),
        ('hold_out = { celltypes = ["b"] }', "the data have no cell types"),
        ('hold_out = { column = "fold", values = ["2"] }', "names the column 'fold', which it does not have"),
        ('hold_out = { chromosomes = ["chr2"] } gap = 5', "`gap` needs the samples' places"),
    ],
)
def test_what_a_whole_source_does_not_say_is_said(settings: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        asked(settings, source_of())


# -- stretches


@pytest.mark.parametrize("seed", range(20))
def test_near_finds_what_trying_all_pairs_finds(seed: int) -> None:
    random = np.random.default_rng(seed)
    gap = int(random.integers(0, 6))

    def some(number: int) -> Stretches:
        start = random.integers(-5, 80, number)
        return Stretches(random.integers(0, 3, number), start, start + random.integers(1, 12, number))

    these, those = some(30), some(int(random.integers(0, 15)))

    def close(one: int, other: int) -> bool:
        apart = max(those.start[other] - these.end[one], these.start[one] - those.end[other])
        return bool(these.chrom[one] == those.chrom[other] and apart < gap)

    for one, found in enumerate(near(these, those, gap).tolist()):
        pairs = [other for other in range(len(those.start)) if close(one, other)]
        assert (found in pairs) if pairs else found == -1


@pytest.mark.parametrize("seed", range(10))
def test_clusters_are_what_stepping_from_neighbour_to_neighbour_reaches(seed: int) -> None:
    random = np.random.default_rng(seed)
    start = random.integers(0, 200, 40)
    all = Stretches(random.integers(0, 2, 40), start, start + random.integers(1, 9, 40))
    gap = int(random.integers(0, 4))
    reached = np.eye(40, dtype=bool)
    for one, other in product(range(40), repeat=2):
        apart = max(all.start[other] - all.end[one], all.start[one] - all.end[other])
        reached[one, other] |= bool(all.chrom[one] == all.chrom[other] and apart < gap)
    for _ in range(6):
        reached = (reached.astype(int) @ reached.astype(int)) > 0
    found = clusters(all, gap)
    assert np.array_equal(found[:, None] == found, reached)
