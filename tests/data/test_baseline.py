"""The ridge regression on motif hits, on the real promoters."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from getdsl.data.embedded import resolve
from getdsl.data.sequence_regions import SequenceRegions

from getdsl.data.baseline import motif_hits, motif_ridge
from getdsl.data.errors import DataError
from getdsl.data.splits import split
from getdsl.formats.meme import read_meme

MOTIFS = "getdsl:yeast/JASPAR2026_fungi.meme"


def test_motifs_explain_what_they_are_known_to(promoters: Path) -> None:
    source = SequenceRegions(path=promoters)
    parts = split(source, ["chrIV", "chrXI", "chrXIII"], ["chrII", "chrXVI"])
    label = np.log2(1 + source.batch(parts.test)["cut_sites"].numpy())
    pearson = np.corrcoef(motif_ridge(source, parts, MOTIFS), label)[0, 1]
    assert 0.665 < pearson < 0.68


def test_hits_worked_out_plainly(tiny: Callable[..., Path]) -> None:
    """24 bp at the centre of 64, with or without a copy of the first motif's best word on either strand."""
    motif = read_meme(resolve(MOTIFS))[0]
    odds = np.log((np.array(motif.matrix) + 0.01) / 1.04 / 0.25)  # [K, 4]
    word = odds.argmax(axis=1)
    codes = np.random.default_rng(0).integers(0, 4, (6, 64)).astype(np.uint8)
    codes[0, 22 : 22 + len(word)] = word
    codes[1, 22 : 22 + len(word)] = 3 - word[::-1]
    codes[2, : len(word)] = word  # outside the region
    source = SequenceRegions(path=tiny(sequence=codes, end=np.arange(24, 84, 10)), length=64)
    expected = [plain_hits(row, odds) for row in codes[:, 20:44]]
    assert min(expected[:2]) > 0 == expected[2]
    np.testing.assert_allclose(motif_hits(source, MOTIFS)[:, 0], expected, rtol=1e-4, atol=1e-5)


def plain_hits(codes: np.ndarray[Any, Any], odds: np.ndarray[Any, Any]) -> float:
    region = np.pad(np.eye(4)[codes], ((20, 20), (0, 0)))
    total = 0.0
    for strand in (region, region[::-1, ::-1]):
        for at in range(len(strand) - len(odds) + 1):
            total += max(0.0, (strand[at : at + len(odds)] * odds).sum() - 0.5 * odds.max(axis=1).sum())
    return total


def test_a_file_that_is_no_meme_is_said(tiny: Callable[..., Path], tmp_path: Path) -> None:
    source = SequenceRegions(path=tiny(), length=8)
    (tmp_path / "motifs.meme").write_text("nothing")
    with pytest.raises(DataError, match="MEME format"):
        motif_hits(source, tmp_path / "motifs.meme")
    with pytest.raises(DataError, match="cannot be read"):
        motif_hits(source, tmp_path / "absent.meme")
