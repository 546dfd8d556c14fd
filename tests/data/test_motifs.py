"""The reader `Motifs` beside a plain scan, GET's recorded numbers, and what is known of yeast's promoters."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from getdsl.blocks.motif_scanner import MotifScanner
from getdsl.data.baseline import ridge
from getdsl.data.errors import DataError
from getdsl.data.table import RegionTable
from getdsl.formats.meme import read_meme
from tests.data.declarations import (
    YEAST,
    checked,
    declared,
    section,
    write_bases,
    write_bed,
    write_genome,
    write_stranded,
)

Floats = np.ndarray[Any, Any]
MEME = """MEME version 4
ALPHABET= ACGT
MOTIF M1 one
letter-probability matrix: alength= 4 w= 3
0.7 0.1 0.1 0.1
0.1 0.1 0.7 0.1
0.05 0.05 0.05 0.85
MOTIF M2 two
letter-probability matrix: alength= 4 w= 4
0.1 0.6 0.2 0.1
0.25 0.25 0.25 0.25
0.0 1.0 0.0 0.0
0.3 0.1 0.1 0.5
MOTIF M3 three
letter-probability matrix: alength= 4 w= 6
0.9 0.1 0 0
0.9 0.1 0 0
0.9 0 0.1 0
0.9 0 0 0.1
0.9 0.1 0 0
1 0 0 0
"""
JASPAR = ">M1\tone\nA [7 1 5]\nC [1 1 5]\nG [1 7 5]\nT [1 1 85]\n"
FORWARD = "ACGT"


def kernel(matrix: Any, prior: str) -> tuple[list[list[float]], float]:
    """Weights of each position and base, and the bias: blocks.md's formulas."""
    if prior == "probability":
        return [[p / len(matrix) for p in row] for row in matrix], 0.0
    odds = [[math.log((p + 0.01) / 1.04 / 0.25) for p in row] for row in matrix]
    return odds, -0.5 * sum(max(row) for row in odds)


def plain_hits(bases: str, start: int, end: int, motif: Any, width: int, prior: str) -> list[float]:
    """What both strands score at each position of a region: a window of `width` is centred there."""
    weights, bias = kernel(motif.matrix, prior)

    def score(first: int, turned: bool) -> float:
        total = bias
        for j, row in enumerate(weights):
            at = first + (len(weights) - 1 - j if turned else j)
            base = bases[at] if 0 <= at < len(bases) else "N"
            if base in FORWARD:
                total += row[3 - FORWARD.index(base) if turned else FORWARD.index(base)]
        return max(0.0, total)

    left = width // 2  # the motif stands at the window's start, its reverse complement at the end
    return [
        score(position - left, False) + score(position + left - len(weights) + 1, True)
        for position in range(start, end)
    ]


REDUCE = {"sum": sum, "mean": lambda hits: sum(hits) / len(hits), "max": max}


def write(folder: Path, rows: list[tuple[str, int, int]]) -> dict[str, str]:
    (folder / "motifs.meme").write_text(MEME)
    write_bed(folder, rows)
    genome = write_genome(folder, {"chrA": 400, "chrB": 90}, seed=3)
    genome["chrA"] = genome["chrA"][:50] + "AAAAAA" + genome["chrA"][56:]
    write_bases(folder, genome)
    return genome


def read(folder: Path, params: str = "", indices: Any = None) -> Floats:
    source = declared(section(folder, f'hits = Motifs("{folder}/motifs.meme"{params})'))
    found: Floats = source.batch(np.arange(len(source)) if indices is None else indices)["hits"].numpy()
    return found


ROWS = [("chrA", 0, 30), ("chrA", 20, 120), ("chrB", 60, 90), ("chrA", 399, 400), ("chrB", 3, 81)]


@pytest.mark.parametrize("prior", ["log_odds", "probability"])
@pytest.mark.parametrize("pool", ["sum", "mean", "max"])
def test_hits_are_those_of_a_plain_scan(tmp_path: Path, prior: str, pool: str) -> None:
    genome = write(tmp_path, ROWS)
    found = read(tmp_path, f', prior = "{prior}", pool = "{pool}", normalize = "none"')
    motifs = read_meme(tmp_path / "motifs.meme")
    expected = [
        [
            REDUCE[pool](plain_hits(genome[chrom], start, end, motif, 7, prior))  # type: ignore[operator]
            for motif in motifs
        ]
        for chrom, start, end in ROWS
    ]
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-6)
    assert (found > 0).any(axis=0).all()


def test_features_are_divided_by_the_largest_of_all_regions(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    plain, found = read(tmp_path, ', normalize = "none"'), read(tmp_path)
    np.testing.assert_allclose(found, plain / plain.max(axis=0), rtol=1e-6)
    assert found.max(axis=0).tolist() == [1, 1, 1]
    assert np.array_equal(read(tmp_path, indices=np.array([3, 1])), found[[3, 1]])


def test_a_feature_of_zeros_stays_zeros(tmp_path: Path) -> None:
    write(tmp_path, [("chrA", 3, 4), ("chrA", 9, 10)])
    genome = "".join("C" if base in "AT" else "G" for base in write_genome(tmp_path, {"chrA": 400})["chrA"])
    write_bases(tmp_path, {"chrA": genome})
    found = read(tmp_path)
    assert found[:, 2].tolist() == [0, 0]
    assert np.isfinite(found).all()


def test_the_strand_of_a_region_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    found = read(tmp_path)
    write_stranded(tmp_path, [(*row, "-") for row in ROWS])
    assert np.array_equal(read(tmp_path), found)


def test_bits_do_not_depend_on_what_is_read_together(tmp_path: Path) -> None:
    """Regions of many lengths: alone, in pairs, in any order, and thousands at once."""
    rng = np.random.default_rng(1)
    starts = rng.integers(0, 20_000, 3000)
    rows = [
        ("chrA", int(start), int(start + length))
        for start, length in zip(starts, rng.integers(1, 900, 3000), strict=True)
    ]
    write_bed(tmp_path, rows)
    write_genome(tmp_path, {"chrA": 21_000})
    source = declared(section(tmp_path, f'hits = Motifs("{YEAST}/JASPAR2026_fungi.meme")'))
    whole = source.batch(np.arange(len(rows)))["hits"].numpy()
    order = rng.permutation(len(rows))
    assert np.array_equal(source.batch(order)["hits"].numpy(), whole[order])
    for some in ([17], [5, 2900], order[:200]):
        assert np.array_equal(source.batch(np.array(some))["hits"].numpy(), whole[some])


def test_clusters_are_sums_of_their_motifs(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    table = tmp_path / "clusters.tsv"
    table.write_text("motif\tcluster\nelsewhere\tunused\nM3\tfirst\ntwo\tsecond\nM1\tfirst\n")
    params = f', clusters = "{table}"'
    plain, found = read(tmp_path, ', normalize = "none"'), read(tmp_path, f'{params}, normalize = "none"')
    np.testing.assert_allclose(found, np.stack([plain[:, 0] + plain[:, 2], plain[:, 1]], axis=1), rtol=1e-6)
    spec = checked(section(tmp_path, f'hits = Motifs("{tmp_path}/motifs.meme"{params})')).spec
    assert spec is not None
    assert spec.data is not None
    assert str(spec.data.outputs["hits"]) == "[B, 2]"
    np.testing.assert_allclose(read(tmp_path, params), found / found.max(axis=0), rtol=1e-6)


def test_jaspar_matrices_are_read_too(tmp_path: Path) -> None:
    genome = write(tmp_path, ROWS)
    (tmp_path / "motifs.meme").write_text(JASPAR)
    motif = read_meme(tmp_path / "motifs.meme")[0]
    expected = [sum(plain_hits(genome[chrom], *ends, motif, 3, "log_odds")) for chrom, *ends in ROWS]
    np.testing.assert_allclose(read(tmp_path, ', normalize = "none"')[:, 0], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("M1\ta\nM2\tb\n", ["clusters.tsv", "no cluster for motif M3"]),
        ("M1\ta\nM1\tb\nM2\tb\nM3\tb\n", ["clusters.tsv:2", "motif M1 is in cluster a already"]),
        ("M1 a\n", ["clusters.tsv:1", "with a tab between"]),
        (None, ["clusters.tsv", "no such file"]),
    ],
)
def test_wrong_clusters_are_said_by_check(tmp_path: Path, text: str | None, words: list[str]) -> None:
    write(tmp_path, ROWS)
    if text is not None:
        (tmp_path / "clusters.tsv").write_text(text)
    reader = f'Motifs("{tmp_path}/motifs.meme", clusters = "{tmp_path}/clusters.tsv")'
    said = " ".join(item.message for item in checked(section(tmp_path, f"hits = {reader}")).diagnostics)
    assert all(word in said for word in words), said


def test_a_motif_that_is_wider_than_kernels_are_is_named(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    rows = "0.7 0.1 0.1 0.1\n" * 64
    (tmp_path / "motifs.meme").write_text(
        f"MEME version 4\nMOTIF Long\nletter-probability matrix: alength= 4 w= 64\n{rows}"
    )
    with pytest.raises(DataError, match="the motif Long is 64 bp wide, and kernels have at most 63"):
        read(tmp_path)


def test_a_genome_is_needed(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    text = section(tmp_path, f'hits = Motifs("{tmp_path}/motifs.meme")')
    with pytest.raises(DataError, match="`Motifs` needs a genome"):
        declared("\n".join(line for line in text.splitlines() if "genome =" not in line))


def test_hits_are_those_of_the_scanner_that_is_held_to_recorded_numbers(tmp_path: Path) -> None:
    """`MotifScanner` along a whole chromosome, cut into its regions afterwards."""
    genome = write(tmp_path, ROWS)
    scanner = MotifScanner(
        num_motif=3, kernel_size=7, motifs=str(tmp_path / "motifs.meme"), prior="probability"
    )
    x = torch.eye(4)[[FORWARD.index(base) for base in genome["chrA"]]]
    with torch.no_grad():
        hits = scanner(x[None])[0].numpy()
    found = read(tmp_path, ', prior = "probability", normalize = "none"')
    for row, (chrom, start, end) in enumerate(ROWS):
        if chrom == "chrA":
            np.testing.assert_allclose(found[row], hits[start:end].sum(axis=0), rtol=1e-5)


# -- yeast's promoters


TESTED = ("chrIV", "chrXI", "chrXIII")


@cache
def promoters() -> tuple[Floats, Floats, Floats, RegionTable]:
    """Motifs and log2(1 + cut sites) of the promoters that ship, which are for testing, and their table."""
    regions = f'Promoters("{YEAST}/genes_tss.tsv", pattern = "Y[A-P][LR][0-9]{{3}}[WC]")'
    keys = f"""
        motifs = Motifs("{YEAST}/JASPAR2026_fungi.meme")
        cuts = Fragments("{YEAST}/yeast_500k_SRR1822137.bedpe.gz")
    """
    text = section(YEAST, keys, regions=regions).replace("genome.fa", "sacCer3_16chr.fa")
    source = declared(text)
    batch = source.batch(np.arange(len(source)))
    tested = np.isin(source.chromosomes, TESTED)
    return batch["motifs"].numpy(), np.log2(1 + batch["cuts"].numpy()), tested, source.regions


def test_motifs_explain_the_accessibility_of_promoters() -> None:
    motifs, label, tested, _ = promoters()
    assert (motifs.shape, tested.sum()) == ((5999, 193), 1553)
    predicted = ridge(motifs[~tested], label[~tested], motifs[tested])
    assert np.corrcoef(predicted, label[tested])[0, 1] >= 0.66


def test_the_strongest_motifs_are_those_that_biology_knows() -> None:
    from sklearn.linear_model import RidgeCV

    motifs, label, tested, _ = promoters()
    scaled = (motifs - motifs[~tested].mean(axis=0)) / motifs[~tested].std(axis=0)
    weights = RidgeCV(alphas=np.logspace(0, 5, 21)).fit(scaled[~tested], label[~tested]).coef_
    names = np.array([motif.alt for motif in read_meme(YEAST / "JASPAR2026_fungi.meme")])
    assert {"ABF1", "RAP1", "REB1"} <= set(names[np.argsort(-np.abs(weights))[:5]])


def test_shuffled_labels_are_not_explained() -> None:
    motifs, label, tested, _ = promoters()
    shuffled = np.random.default_rng(0).permutation(label)
    predicted = ridge(motifs[~tested], shuffled[~tested], motifs[tested])
    rest = shuffled[tested] - predicted
    assert 1 - (rest**2).sum() / ((shuffled[tested] - shuffled[tested].mean()) ** 2).sum() < 0.03
