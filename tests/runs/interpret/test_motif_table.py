"""Motifs that were planted in contributions are found, laid over each other, and ranked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from getdsl.compiler.constants.paths import PACKAGE
from getdsl.diagnostics import UserError
from getdsl.formats.meme import read_meme
from getdsl.runs.interpret import seqlets as rooms
from getdsl.runs.interpret.aligned import mean_contributions
from getdsl.runs.interpret.motif_table import motif_table, write_motif_table
from getdsl.runs.interpret.seqlets import Seqlets, _together, find_seqlets
from getdsl.runs.interpret.store import InterpretationStore
from getdsl.runs.interpret.walk import Array, Piece

pytest.importorskip("tangermeme")
pytest.importorskip("memelite")

DATABASE = PACKAGE / "data/yeast/JASPAR2026_fungi.meme"
ABF1, REB1 = "CGTATATAGTGA", "TTACCCGG"
PLANTED = {"ABF1": (ABF1, 0.6), "REB1": (REB1, 0.4)}


def one_hot(text: str) -> Array:
    return np.eye(4)[["ACGT".index(base) for base in text]]


@pytest.fixture(scope="module")
def planted() -> tuple[Array, Array]:
    """Sequences and contributions [40, 200, 4]: ABF1's in all, REB1's in every second, on either strand."""
    random = np.random.default_rng(0)
    sequences = np.eye(4)[random.integers(0, 4, (40, 200))]
    contributions = sequences * random.normal(0, 0.005, (40, 200, 1))
    for row in range(40):
        for at, (name, (site, height)) in zip((40, 120), PLANTED.items(), strict=True):
            if name == "REB1" and row % 2:
                continue
            bases, weights = one_hot(site), np.full(len(site), height / len(site))
            if name == "ABF1":
                weights[3:8] = 0  # its two halves
            if row % 3 == 0:
                bases, weights = bases[::-1, ::-1], weights[::-1]
            sequences[row, at : at + len(site)] = bases
            contributions[row, at : at + len(site)] = bases * weights[:, None]
    return sequences, contributions


def test_what_was_planted_is_ranked(planted: tuple[Array, Array], tmp_path: Path) -> None:
    sequences, contributions = planted
    out = tmp_path / "m.zarr"
    store = InterpretationStore(out, {}, {"index": np.arange(40)}, 40)
    arrays = {"inputs": sequences, "contributions": contributions, "hypothetical": contributions}
    store.add(Piece(np.arange(40), {f"{kind}/dna": value for kind, value in arrays.items()}))
    store.finish({})
    table = motif_table(out, DATABASE)
    first, second = table.rows[:2]
    assert first.name == "ABF1"
    assert second.name in ("REB1", "NSI1")  # which bind the same
    assert 30 <= first.seqlets <= 42
    assert first.mean == pytest.approx(0.6 * 7 / 12, rel=0.15)
    found = first.contributions.sum(1)
    assert found.max() == pytest.approx(0.6 / 12, rel=0.2)
    write_motif_table(table, tmp_path / "m.tsv")
    lines = (tmp_path / "m.tsv").read_text().splitlines()
    assert lines[0].split("\t")[:4] == ["rank", "motif", "name", "seqlets"]
    assert lines[1].split("\t")[:4] == ["1", first.motif.name, "ABF1", str(first.seqlets)]
    assert len(lines) == 1 + len(table.rows)


def test_sites_lie_over_each_other_whatever_their_strand(planted: tuple[Array, Array]) -> None:
    sequences, contributions = planted
    motif = next(each for each in read_meme(DATABASE) if each.alt == "REB1")
    rows = np.arange(0, 40, 2)
    where = Seqlets(rows, np.full(20, 121), np.full(20, 127), np.ones(20))
    found = mean_contributions(sequences, contributions, where, motif)
    assert found.shape == (motif.width, 4)
    read = "".join("ACGT"[base] for base in found.argmax(1))
    assert "TTACCCG" in read or "CGGGTAA" in read
    assert found.max() == pytest.approx(0.05)


def test_parts_of_one_site_are_put_together() -> None:
    parts = Seqlets(
        np.array([1, 0, 0, 0]),
        np.array([10, 40, 10, 20]),
        np.array([15, 45, 14, 25]),
        np.array([1.0, 2, 3, 4]),
    )
    found = _together(parts)
    assert list(zip(found.sample, found.start, found.end, found.contribution, strict=True)) == [
        (0, 10, 25, 7.0), (0, 40, 45, 2.0), (1, 10, 15, 1.0)
    ]  # fmt: skip


def test_stretches_go_up_or_down(planted: tuple[Array, Array]) -> None:
    """All of the 60 sites but for one or two, whose noise may join them to nothing or to each other."""
    up, down = (find_seqlets(sign * planted[1].sum(2)).contribution for sign in (1, -1))
    assert 58 <= (up > 0.2).sum() <= 60
    assert 58 <= (down < -0.2).sum() <= 60


def test_a_base_that_adds_nothing_could_be_any() -> None:
    sequence = one_hot("ACGT")
    found = rooms._weighted(sequence, np.array([0.0, 0.1, 0.5, 1.0]), -3, 9)
    np.testing.assert_allclose(found[:, 0], 0.25)
    np.testing.assert_allclose(found[:, 1], [0.2, 0.4, 0.2, 0.2])
    np.testing.assert_allclose(found[:, 2:], sequence[2:].T)


def test_a_database_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.meme").write_text("nothing\n")
    with pytest.raises(UserError, match=r"x\.meme"):
        motif_table(tmp_path / "x.zarr", tmp_path / "x.meme")
