"""Negatives beside regions: where they lie, and their GC content by counting letters."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from getdsl.compiler.check import check, check_text
from getdsl.data.declared import DeclaredData
from getdsl.data.errors import DataError
from getdsl.data.overlaps import Stretches, between
from getdsl.data.regions import gc_content
from getdsl.data.splits import split

ROOT = Path(__file__).parents[2]
GENOME = ROOT / "getdsl" / "data" / "yeast" / "sacCer3_16chr.fa.gz"
PEAKS = ROOT.parent / "shared" / "data" / "yeast_formats" / "peaks.narrowPeak"
MODEL = "model M { input sequence: onehot[B, L, 4]  output y = mean(sequence, dim = 1) }\n"


def opened(folder: Path, data: str) -> tuple[DeclaredData, Any]:
    (folder / "spec.get").write_text(f"{MODEL}data {{ batch {{ sequence = Sequence(length = 4) }} {data} }}")
    checked = check(folder / "spec.get")
    assert checked.spec is not None, checked.diagnostics
    assert checked.spec.data is not None
    return DeclaredData(checked.spec.data, checked.spec.data_settings), checked.spec.data_settings


def letters() -> dict[str, str]:
    with gzip.open(GENOME, "rt") as file:
        records = file.read().split(">")[1:]
    return {record.split()[0]: "".join(record.split("\n")[1:]).upper() for record in records}


def shares(source: DeclaredData, rows: Any, genome: dict[str, str]) -> Any:
    """The GC content of some regions, by counting letters."""
    regions, found = source.regions, []
    for row in rows:
        start = max(0, regions.start[row])  # a region around a summit may leave its chromosome
        piece = genome[regions.chromosomes[regions.chrom[row]]][start : regions.end[row]]
        found.append((piece.count("G") + piece.count("C")) / len(piece))
    return np.array(found)


def apart(one: Any, other: Any) -> float:
    """The total variation between two histograms in bins of 2 %."""
    counts = [np.histogram(item, bins=50, range=(0, 1))[0] / len(item) for item in (one, other)]
    return float(np.abs(counts[0] - counts[1]).sum() / 2)


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    """Two chromosomes of 40 and 20 kb, whose GC content rises along them from 0.2 to 0.8."""
    random = np.random.default_rng(5)
    with (tmp_path / "genome.fa").open("w") as file:
        for name, length in (("chr1", 40_000), ("chr2", 20_000)):
            gc = random.random(length) < np.linspace(0.2, 0.8, length)
            strong = random.random(length) < 0.5
            bases = np.where(gc, np.where(strong, "G", "C"), np.where(strong, "A", "T"))
            bases[550::1000] = "N"
            file.write(f">{name}\n{''.join(bases)}\n")
    return tmp_path / "genome.fa"


def write_peaks(folder: Path, number: int = 60) -> None:
    """Regions of 100 bp where much is G or C."""
    random = np.random.default_rng(1)
    lines = [("chr1", int(at)) for at in random.choice(np.arange(200, 399), number, replace=False) * 100]
    lines += [
        ("chr2", int(at)) for at in random.choice(np.arange(100, 199), number // 2, replace=False) * 100
    ]
    (folder / "peaks.bed").write_text("".join(f"{chrom}\t{at}\t{at + 100}\n" for chrom, at in lines))


DATA = 'genome = "genome.fa" regions = Regions("peaks.bed") negatives = GCMatched(%s)'


def test_negatives_overlap_no_region_and_hold_no_unknown_base(tmp_path: Path, genome: Path) -> None:
    write_peaks(tmp_path)
    (tmp_path / "black.bed").write_text("chr1\t30000\t30500\n")
    source, _ = opened(tmp_path, DATA % 'ratio = 0.5, apart = 20, exclude = "black.bed"')
    regions = source.regions
    negative = regions.columns["negative"] == 1
    assert negative.tolist() == [False] * 90 + [True] * 45
    others = [("chr1", 30000, 30500)]
    others += [(chrom, at, at + 1) for chrom in ("chr1", "chr2") for at in range(550, 40_000, 1000)]
    others += [
        (regions.chromosomes[regions.chrom[row]], regions.start[row] - 20, regions.end[row] + 20)
        for row in range(90)
    ]
    seen = set()
    for row in range(90, 135):
        chrom, start, end = regions.chromosomes[regions.chrom[row]], regions.start[row], regions.end[row]
        assert end == start + 100
        assert 0 <= start < end <= {"chr1": 40_000, "chr2": 20_000}[chrom]
        assert not [place for place in others if place[0] == chrom and place[1] < end and start < place[2]]
        assert not [place for place in seen if place[0] == chrom and place[1] < end and start < place[2]]
        seen.add((chrom, start, end))
    assert regions.where(100) == regions.place(100)


def test_each_chromosome_gets_its_share(tmp_path: Path, genome: Path) -> None:
    write_peaks(tmp_path)
    source, settings = opened(tmp_path, DATA % "" + ' hold_out = { chromosomes = ["chr2"] }')
    negative = source.regions.columns["negative"] == 1
    assert [(negative & (source.chromosomes == name)).sum() for name in ("chr1", "chr2")] == [60, 30]
    assert negative[split(source, settings).test].sum() == 30  # held out for where they lie


def test_the_choice_follows_from_the_seed(
    tmp_path: Path, genome: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_peaks(tmp_path)

    def starts(seed: int) -> list[int]:
        found: list[int] = (
            opened(tmp_path, DATA % f"ratio = 0.5, seed = {seed}")[0].regions.start[90:].tolist()
        )
        return found

    first = starts(0)
    assert first != starts(1)
    monkeypatch.setattr(gc_content, "AT_ONCE", 512)  # in however many pieces the genome is read
    assert first == starts(0)


def test_windows_are_taken_from_everywhere(tmp_path: Path) -> None:
    (tmp_path / "genome.fa").write_text(f">chr1\n{'ACGT' * 10_000}\n")
    (tmp_path / "peaks.bed").write_text("".join(f"chr1\t{at}\t{at + 100}\n" for at in range(0, 2000, 100)))
    starts = opened(tmp_path, DATA % "")[0].regions.start[20:]
    assert 4 <= (starts > 21_000).sum() <= 16  # the middle of what is free


def test_more_negatives_than_regions(tmp_path: Path, genome: Path) -> None:
    write_peaks(tmp_path, 20)
    source, _ = opened(tmp_path, DATA % "ratio = 3")
    assert (source.regions.columns["negative"] == 1).sum() == 90


@pytest.mark.skipif(not PEAKS.exists(), reason="the yeast files are not here")
def test_the_gc_content_of_yeast_peaks_is_matched(tmp_path: Path) -> None:
    source, _ = opened(
        tmp_path,
        f'genome = "{GENOME}" regions = Regions("{PEAKS}", around = "summit", width = 500) '
        "negatives = GCMatched(ratio = 1)",
    )
    negative = source.regions.columns["negative"] == 1
    genome = letters()
    peaks, matched = (shares(source, np.flatnonzero(mask), genome) for mask in (~negative, negative))
    assert len(peaks) > 2100
    assert len(matched) >= 0.99 * len(peaks)
    assert apart(peaks, matched) < 0.02
    random = np.random.default_rng(0)
    anywhere = [(name, at) for name in genome for at in random.integers(0, len(genome[name]) - 500, 140)]
    pieces = [genome[name][at : at + 500] for name, at in anywhere]
    assert apart(peaks, [(piece.count("G") + piece.count("C")) / 500 for piece in pieces]) > 0.1


def test_regions_of_a_file_are_negatives(tmp_path: Path, genome: Path) -> None:
    write_peaks(tmp_path, 4)
    (tmp_path / "nonpeaks.bed").write_text("chr2\t0\t50\nchr1\t5\t70\n")
    source, _ = opened(
        tmp_path, 'genome = "genome.fa" regions = Regions("peaks.bed") negatives = Regions("nonpeaks.bed")'
    )
    assert source.regions.columns["negative"].tolist() == [0] * 6 + [1, 1]
    assert [source.regions.place(row) for row in (6, 7)] == ["chr2:0-50", "chr1:5-70"]
    assert str(source.regions.files[source.regions.file[7]]).endswith("nonpeaks.bed")


def test_too_many_negatives_are_refused(tmp_path: Path, genome: Path) -> None:
    write_peaks(tmp_path)
    with pytest.raises(DataError, match=r"peaks.bed: [\d,]+ of 900 negatives find no window of 100 bp"):
        opened(tmp_path, DATA % "ratio = 10")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("regions = GCMatched()", "`GCMatched` is no source for `regions`"),
        ('negatives = Column("x")', "`Column` is no source for `negatives`"),
        (
            'regions = Regions("p.bed") samples = Windows(size = 2) negatives = GCMatched()',
            "negatives stand beside regions that are samples by themselves",
        ),
    ],
)
def test_what_are_no_negatives_is_said(data: str, said: str) -> None:
    checked = check_text(f"{MODEL} data {{ batch {{ sequence = Sequence(length = 4) }} {data} }}")
    assert any(said in item.message for item in checked.diagnostics if item.severity == "error")


@pytest.mark.parametrize("seed", range(10))
def test_between_is_what_no_stretch_covers(seed: int) -> None:
    random = np.random.default_rng(seed)
    start = random.integers(-5, 50, 12)
    taken = Stretches(random.integers(0, 3, 12), start, start + random.integers(1, 9, 12))
    lengths = np.array([40, 0, 55])
    free = np.ones((3, 100), bool)
    for chrom, length in enumerate(lengths):
        free[chrom, length:] = False
    for chrom, low, high in zip(*taken, strict=True):
        free[chrom, max(0, low) : max(0, high)] = False
    found = between(taken, lengths)
    again = np.zeros_like(free)
    for chrom, low, high in zip(*found, strict=True):
        assert 0 <= low < high
        assert not again[chrom, max(0, low - 1) : high].any()  # whole pieces, in their order
        again[chrom, low:high] = True
    assert (free == again).all()
