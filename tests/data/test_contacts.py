"""The reader `Contacts` beside the whole map as a matrix, on files that cooler writes and on yeast's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from getdsl.data.errors import DataError
from tests.data.declarations import SHARED, YEAST, declared, section, write_bed, write_genome

cooler = pytest.importorskip("cooler")
pd = pytest.importorskip("pandas")

Floats = np.ndarray[Any, Any]
LENGTHS = {"chrA": 1000, "chrB": 430}
ROWS = [("chrA", 5, 15), ("chrA", 0, 120), ("chrA", 310, 318), ("chrA", 990, 1000), ("chrA", 560, 580)]
ROWS += [("chrB", at, at + 10) for at in (0, 60, 200, 412, 420)]
BIN = 50


def write_cool(path: Path, lengths: dict[str, int], *, balanced: bool = True, seed: int = 0) -> Floats:
    """A map of random counts, with two bins that balancing left out; returns it as a matrix."""
    rng = np.random.default_rng(seed)
    bins = cooler.binnify(pd.Series(lengths), BIN)
    if balanced:
        bins["weight"] = rng.uniform(0.1, 2, len(bins))
        bins.loc[[6, 21], "weight"] = np.nan
    counts = np.triu(rng.poisson(2.0, (len(bins), len(bins))))
    first, second = np.nonzero(counts)
    pixels = {"bin1_id": first, "bin2_id": second, "count": counts[first, second]}
    cooler.create_cooler(str(path), bins, pd.DataFrame(pixels))
    matrix = (counts + np.triu(counts, 1).T).astype(float)
    if balanced:
        weight = bins["weight"].to_numpy()
        matrix *= weight[:, None] * weight[None, :]
    return matrix


def write(folder: Path, **params: Any) -> Floats:
    write_genome(folder, LENGTHS)
    write_bed(folder, ROWS)
    return write_cool(folder / "map.cool", LENGTHS, **params)


def read(folder: Path, params: str = "", file: str = "map.cool", more: str = "") -> Floats:
    reader = f'Contacts("{folder}/{file}"{params})'
    source = declared(section(folder, f"map = {reader}", samples="Windows(size = 5)", more=more))
    found: Floats = source.batch(np.arange(len(source)))["map"].numpy()
    return found


def bins_of(window: list[tuple[str, int, int]]) -> Floats:
    """The bin of each region's centre: chrA has 20 bins, chrB nine."""
    first = {"chrA": 0, "chrB": 20}
    return np.array([first[chrom] + (start + end) // 2 // BIN for chrom, start, end in window])


def expected_of(matrix: Floats) -> list[Floats]:
    """The windows' contacts, by looking them up."""
    windows = [sorted(row for row in ROWS if row[0] == chrom) for chrom in LENGTHS]
    return [matrix[np.ix_(bins_of(window), bins_of(window))] for window in windows]


def test_contacts_are_those_of_the_bins_of_the_centres(tmp_path: Path) -> None:
    matrix = write(tmp_path)
    expected = np.stack(expected_of(matrix))
    assert np.isnan(expected).any()
    assert (expected == 0).any()
    assert (expected > 0).any()
    np.testing.assert_allclose(read(tmp_path), np.nan_to_num(expected), rtol=1e-6)
    np.testing.assert_allclose(
        read(tmp_path, ", missing = -1.0"), np.where(np.isnan(expected), -1, expected), rtol=1e-6
    )


def test_raw_scaled_and_logarithmic_contacts(tmp_path: Path) -> None:
    matrix = np.stack(expected_of(np.nan_to_num(write(tmp_path))))
    np.testing.assert_allclose(read(tmp_path, ", scale = 10.0, log = true"), np.log1p(10 * matrix), rtol=1e-6)
    raw = np.stack(expected_of(write_cool(tmp_path / "raw.cool", LENGTHS, balanced=False)))
    assert np.array_equal(read(tmp_path, ", balanced = false", "raw.cool"), raw)


@pytest.mark.parametrize("balanced", [True, False])
def test_over_expected_is_held_against_the_mean_of_each_diagonal(tmp_path: Path, balanced: bool) -> None:
    matrix = write(tmp_path, balanced=balanced)
    chrom = np.array([0] * 20 + [1] * 9)
    distance = np.abs(np.arange(29)[:, None] - np.arange(29)[None, :])
    known = (chrom[:, None] == chrom[None, :]) & ~np.isnan(matrix)
    over = np.full_like(matrix, np.nan)
    for each in range(20):
        there = known & (distance == each)
        if matrix[there].any():
            over[there] = matrix[there] / matrix[there].mean()
    params = f", over_expected = true, balanced = {str(balanced).lower()}"
    np.testing.assert_allclose(
        read(tmp_path, params), np.nan_to_num(np.stack(expected_of(over))), rtol=1e-5, atol=1e-7
    )


def test_one_map_of_several_is_named_by_its_resolution(tmp_path: Path) -> None:
    write(tmp_path)
    for size in (BIN, 2 * BIN):
        path = f"{tmp_path}/many.mcool::/resolutions/{size}"
        if size == BIN:
            cooler.fileops.cp(f"{tmp_path}/map.cool", path)
        else:
            cooler.coarsen_cooler(f"{tmp_path}/map.cool", path, 2, 1000, mode="a")
    assert np.array_equal(read(tmp_path, f", resolution = {BIN}", "many.mcool"), read(tmp_path))
    for params, words in (("", "50, 100 bp; name one"), (", resolution = 70", "50, 100 bp; not of 70")):
        with pytest.raises(DataError, match=words):
            read(tmp_path, params, "many.mcool")


def test_each_cell_type_has_its_own_map(tmp_path: Path) -> None:
    write(tmp_path)
    second = np.nan_to_num(write_cool(tmp_path / "b.cool", LENGTHS, seed=5))
    (tmp_path / "map.cool").rename(tmp_path / "a.cool")
    found = read(tmp_path, file="{celltype}.cool", more='celltypes = ["a", "b"]\n')
    np.testing.assert_allclose(found[2:], np.stack(expected_of(second)), rtol=1e-6)
    assert np.array_equal(found[:2], read(tmp_path, file="a.cool"))


def test_the_number_of_samples_read_together_changes_no_bit(tmp_path: Path) -> None:
    write(tmp_path)
    source = declared(
        section(tmp_path, f'map = Contacts("{tmp_path}/map.cool")', samples="Windows(size = 5)")
    )
    whole = source.batch(np.array([1, 0]))["map"]
    assert source.batch(np.array([0]))["map"].equal(whole[1:])


@pytest.mark.parametrize(
    ("what", "params", "words"),
    [
        ("absent", "", ["no such file"]),
        ("text", "", ["no cool or mcool file"]),
        ("truncated", "", ["cannot be read"]),
        ("table", "", ["holds no contact map"]),
        ("unbalanced", "", ["not balanced", "`cooler balance FILE`", "`balanced = false`"]),
        ("other genome", "", ["chrA has 1,400 bp in it, and 1,000 in the genome", "one assembly"]),
        ("other names", "", ["none of the regions' chromosomes, such as chrA", "rename_chromosomes"]),
        ("good", ", resolution = 70", ["its bins are of 50 bp, not 70"]),
    ],
)
def test_files_that_are_no_map_of_this_genome_are_said(
    tmp_path: Path, what: str, params: str, words: list[str]
) -> None:
    write(tmp_path)
    path = tmp_path / "map.cool"
    content = path.read_bytes()
    path.unlink()
    match what:
        case "text":
            path.write_text("chrA 5 6\n")
        case "truncated":
            path.write_bytes(content[: len(content) // 3])
        case "table":
            _empty_hdf5(path)
        case "unbalanced":
            write_cool(path, LENGTHS, balanced=False)
        case "other genome":
            write_cool(path, LENGTHS | {"chrA": 1400})
        case "other names":
            write_cool(path, {"A": 1000, "B": 430})
        case "good":
            path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read(tmp_path, params)
    assert all(word in str(caught.value) for word in ["map.cool", "(for `map`)", *words]), caught.value


def _empty_hdf5(path: Path) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        file["x"] = np.arange(3)


def test_lengths_that_differ_by_less_than_a_bin_are_those_of_one_assembly(tmp_path: Path) -> None:
    write(tmp_path)
    write_cool(tmp_path / "map.cool", LENGTHS | {"chrA": 1049})
    assert read(tmp_path).shape == (2, 5, 5)


# -- yeast


def test_yeast_contacts_are_those_that_cooler_gives() -> None:
    path = YEAST / "yeast.10kb.cool"
    regions = f'Promoters("{YEAST}/genes_tss.tsv", pattern = "Y[AC]")'
    keys = f'map = Contacts("{path}")'
    text = section(YEAST, keys, regions=regions, samples="Windows(size = 20)")
    source = declared(text.replace("genome.fa", "sacCer3_16chr.fa"))
    some = np.array([0, len(source) - 1])
    batch = source.batch(some)
    matrix = cooler.Cooler(str(path)).matrix(balance=True)
    for at, chrom in enumerate(source.chromosomes[some]):
        whole = matrix.fetch(str(chrom))
        bins = batch["place"][at].sum(dim=1).numpy() // 2 // 10_000
        np.testing.assert_allclose(
            batch["map"][at].numpy(), np.nan_to_num(whole[np.ix_(bins, bins)]), rtol=1e-6
        )
        assert batch["map"][at].gt(0).any()


@pytest.mark.skipif(not SHARED.exists(), reason="the mcool does not ship")
@pytest.mark.parametrize("resolution", [10_000, 20_000])
def test_maps_of_an_mcool(resolution: int) -> None:
    path = SHARED / "data" / "yeast_formats" / "yeast.mcool"
    regions = f'Promoters("{YEAST}/genes_tss.tsv", pattern = "YA")'
    keys = f'map = Contacts("{path}", resolution = {resolution}, balanced = false)'
    text = section(YEAST, keys, regions=regions, samples="Windows(size = 40)")
    source = declared(text.replace("genome.fa", "sacCer3_16chr.fa"))
    batch = source.batch(np.array([0]))
    whole = cooler.Cooler(f"{path}::/resolutions/{resolution}").matrix(balance=False).fetch("chrI")
    bins = batch["place"][0].sum(dim=1).numpy() // 2 // resolution
    assert np.array_equal(batch["map"][0].numpy(), whole[np.ix_(bins, bins)].astype(np.float32))
