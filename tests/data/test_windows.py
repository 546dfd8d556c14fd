"""The source `Windows` beside a plain enumeration, and what `check` says of readers that need it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from getdsl.compiler.check import check_text
from getdsl.data.errors import DataError
from tests.data.declarations import checked, declared, section, write_bed, write_genome

Row = tuple[str, int, int]
LENGTHS = {"chrB": 4000, "chrA": 3000, "chrC": 500}


def some_regions(folder: Path, number: int, seed: int) -> list[Row]:
    """Regions in no order, of several lengths, some on a chromosome that has only a few."""
    rng = np.random.default_rng(seed)
    write_genome(folder, LENGTHS)
    rows = []
    for _ in range(number):
        chrom = str(rng.choice(list(LENGTHS), p=[0.5, 0.45, 0.05]))
        start = int(rng.integers(0, LENGTHS[chrom] - 60))
        rows.append((chrom, start, start + int(rng.integers(10, 60))))
    write_bed(folder, rows)
    return rows


def plain_windows(rows: list[Row], size: int, step: int, span: int | None) -> list[list[Row]]:
    found = []
    for chrom in LENGTHS:  # in the genome's order
        ordered = sorted(row for row in rows if row[0] == chrom)
        for first in range(0, len(ordered) - size + 1, step):
            window = ordered[first : first + size]
            if span is None or max(row[2] for row in window) - window[0][1] <= span:
                found.append(window)
    return found


def read_windows(data: str, chromosomes: list[str]) -> list[list[Row]]:
    source = declared(data)
    batch = source.batch(np.arange(len(source)))["place"].tolist()
    return [
        [(str(chrom), *place) for place in window]
        for chrom, window in zip(source.chromosomes, batch, strict=True)
    ]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("size", "step", "span"), [(1, 1, None), (4, 3, None), (4, 1, 420), (7, 7, None)])
def test_windows_are_those_of_a_plain_enumeration(
    tmp_path: Path, seed: int, size: int, step: int, span: int | None
) -> None:
    rows = some_regions(tmp_path, 60, seed)
    called = f"Windows(size = {size}, step = {step}" + (f", span = {span})" if span else ")")
    found = read_windows(section(tmp_path, samples=called), list(LENGTHS))
    assert found == plain_windows(rows, size, step, span)
    assert found


def test_the_last_regions_of_a_table_are_a_window(tmp_path: Path) -> None:
    write_genome(tmp_path, {"chrA": 100})
    rows = [("chrA", start, start + 5) for start in range(0, 60, 10)]
    write_bed(tmp_path, rows)
    assert read_windows(section(tmp_path, samples="Windows(size = 3)"), ["chrA"]) == [rows[:3], rows[3:]]


def test_windows_lie_within_one_domain(tmp_path: Path) -> None:
    write_genome(tmp_path, {"chrA": 200, "chrB": 100})
    rows = [("chrA", start, start + 6) for start in range(0, 120, 10)] + [("chrB", 10, 16), ("chrB", 20, 26)]
    write_bed(tmp_path, rows)
    # a centre (3, 13, 23 …) lies in a domain from its start to before its end; the third repeats the first
    domains = [("chrA", 13, 53), ("chrA", 60, 80), ("chrA", 23, 44), ("chrB", 0, 100)]
    write_bed(tmp_path, domains, "tads.bed")
    called = f'Windows(size = 2, step = 1, within = "{tmp_path}/tads.bed")'
    pairs = [(rows[i], rows[i + 1]) for i in (1, 2, 3, 6, 12)]
    found = read_windows(section(tmp_path, samples=called), ["chrA", "chrB"])
    assert [tuple(window) for window in found] == pairs


@pytest.mark.parametrize(
    ("called", "words"),
    [
        ("Windows(size = 9)", ["none of the chromosomes has 9 of its 3 regions", "smaller `size`"]),
        ("Windows(size = 2, span = 11)", ["reach over 16 bp or more", "`span` is 11"]),
        ('Windows(size = 3, within = "{folder}/tads.bed")', ["none of the domains of", "tads.bed"]),
        ('Windows(size = 1, within = "{folder}/far.bed")', ["has none of the regions' chromosomes", "chrA"]),
        ('Windows(size = 1, within = "{folder}/bad.bed")', ["bad.bed", "line 2", "tabs"]),
        ('Windows(size = 1, within = "{folder}/absent.bed")', ["absent.bed", "no such file"]),
    ],
)
def test_what_fits_no_window_is_said(tmp_path: Path, called: str, words: list[str]) -> None:
    write_genome(tmp_path, {"chrA": 100})
    write_bed(tmp_path, [("chrA", start, start + 6) for start in (0, 10, 20)])
    write_bed(tmp_path, [("chrA", 0, 15)], "tads.bed")
    write_bed(tmp_path, [("chr1", 0, 15)], "far.bed")
    (tmp_path / "bad.bed").write_text("chrA\t0\t9\nchrA 0 9\n")
    with pytest.raises(DataError) as caught:
        declared(section(tmp_path, samples=called.replace("{folder}", str(tmp_path))))
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize(
    ("called", "word"),
    [
        ("size = 0", "size must be positive"),
        ("size = 2, step = 0", "step must"),
        ("size = 2, span = 0", "span"),
    ],
)
def test_sizes_that_mean_nothing_are_said(tmp_path: Path, called: str, word: str) -> None:
    found = checked(section(tmp_path, samples=f"Windows({called})"))
    assert any(word in item.message for item in found.diagnostics)


@pytest.mark.parametrize("reader", ['Contacts("x.cool")', "PeakSequence()", 'PeakSignal("x.bw")'])
def test_readers_of_whole_windows_are_refused_without(tmp_path: Path, reader: str) -> None:
    found = checked(section(tmp_path, f"other = {reader}"))
    (mistake,) = [item for item in found.diagnostics if item.severity == "error"]
    assert "reads whole windows, and a sample of `other` is a region" in mistake.message
    assert "samples = Windows(size = 200)" in (mistake.help or "")
    assert checked(section(tmp_path, f"other = {reader}", samples="Windows(size = 1)")).spec is not None


def test_the_size_of_the_windows_is_that_of_every_reader(tmp_path: Path) -> None:
    found = checked(section(tmp_path, 'maps = Contacts("x.cool")', samples="Windows(size = 5)"))
    assert found.spec is not None
    assert found.spec.data is not None
    assert str(found.spec.data.outputs["maps"]) == "[B, 5, 5]"


DERIVED = """
model M {{
    input distance: [B, 1, {size}, {size}] = batch.{key} -> LogDistance()
    contacts = distance -> DistanceContactHead()
    output hic = squeeze(contacts, 1)
}}
data {{
    regions = Regions("peaks.bed")
    samples = Windows(size = 7)
    batch {{ place = Coordinates() maps = Contacts("x.cool") }}
}}
loss {{ hic = MSE(hic, batch.maps) }}
"""


@pytest.mark.parametrize(
    ("size", "key", "said"),
    [
        ("R", "place", None),  # the loss then compares [B, 7, 7] with [B, 7, 7]
        ("7", "place", None),
        ("8", "place", "does not fit what is computed of the batch, [B, 1, 7, 7] (8 and 7 differ)"),
        ("R", "coord", "`data.batch` yields no `coord`"),
    ],
)
def test_inputs_that_are_computed_are_held_against_the_data(size: str, key: str, said: str | None) -> None:
    found = check_text(DERIVED.format(size=size, key=key))
    errors = [item.message for item in found.diagnostics if item.severity == "error"]
    assert (errors == []) if said is None else any(said in message for message in errors), errors
