"""The ridge regression on motif hits, on the real promoters."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from getdsl.compiler.check import check
from getdsl.compiler.constants.paths import PACKAGE
from getdsl.data.baseline import motif_hits, ridge
from getdsl.data.declared import DeclaredData
from getdsl.data.errors import DataError
from getdsl.formats.meme import read_meme
from tests.data.small import REGIONS, declared, genome, write_files

MOTIFS = PACKAGE / "data" / "yeast" / "JASPAR2026_fungi.meme"
QUICKSTART = Path(__file__).parents[2] / "specs" / "quickstart.get"
DNA = 'genome = "genome.fa" regions = Regions("regions.tsv") batch { x = Sequence(length = 60) }'


def test_motifs_explain_what_they_are_known_to() -> None:
    spec = check(QUICKSTART).spec
    assert spec is not None
    assert spec.data is not None
    source = DeclaredData(spec.data, spec.data_settings)
    assert len(source) == 5999
    tested = np.isin(source.chromosomes, ["chrIV", "chrXI", "chrXIII"])
    assert tested.sum() == 1553
    everything = np.arange(len(source))
    label = np.log2(1 + source.batch(everything)["cut_sites"].numpy())
    hits = motif_hits(source, "sequence", everything, MOTIFS)
    predicted = ridge(hits[~tested], label[~tested], hits[tested])
    assert 0.665 < np.corrcoef(predicted, label[tested])[0, 1] < 0.68


def test_hits_worked_out_plainly(tmp_path: Path) -> None:
    """20 bp at the centre of 60, with a copy of the first motif's best word on either strand."""
    motif = read_meme(MOTIFS)[0]
    odds = np.log((np.array(motif.matrix) + 0.01) / 1.04 / 0.25)  # [K, 4]
    word = odds.argmax(axis=1)
    write_files(tmp_path)
    chromosomes = {name: list(bases.upper().replace("N", "A")) for name, bases in genome().items()}
    for row, codes, offset in ((0, word, 1), (2, 3 - word[::-1], 1), (4, word, 40)):  # the last one outside
        chrom, start = REGIONS[row][0], REGIONS[row][1] + offset
        chromosomes[chrom][start : start + len(word)] = ["ACGT"[code] for code in codes]
    text = "".join(f">{name}\n{''.join(bases)}\n" for name, bases in chromosomes.items())
    (tmp_path / "genome.fa").write_text(text)
    source = declared(tmp_path, DNA)
    rows = np.arange(len(REGIONS))
    codes = source.batch(rows)["x"].argmax(-1).numpy()[:, 20:40]
    expected = [plain_hits(row, odds) for row in codes]
    assert expected[0] > 0
    assert expected[2] > 0
    np.testing.assert_allclose(motif_hits(source, "x", rows, MOTIFS)[:, 0], expected, rtol=1e-4, atol=1e-5)


def plain_hits(codes: np.ndarray[Any, Any], odds: np.ndarray[Any, Any]) -> float:
    region = np.pad(np.eye(4)[codes], ((20, 20), (0, 0)))
    total = 0.0
    for strand in (region, region[::-1, ::-1]):
        for at in range(len(strand) - len(odds) + 1):
            total += max(0.0, (strand[at : at + len(odds)] * odds).sum() - 0.5 * odds.max(axis=1).sum())
    return total


def test_a_file_that_is_no_meme_is_said(tiny: Callable[[str], DeclaredData], tmp_path: Path) -> None:
    source = tiny(DNA)
    (tmp_path / "motifs.meme").write_text("nothing")
    with pytest.raises(DataError, match="MEME format"):
        motif_hits(source, "x", np.arange(2), tmp_path / "motifs.meme")
    with pytest.raises(DataError, match="cannot be read"):
        motif_hits(source, "x", np.arange(2), tmp_path / "absent.meme")
