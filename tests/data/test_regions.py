"""The source `Regions`: what a table of regions holds of files, what is left out, and what is refused."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from getdsl.data.errors import DataError
from getdsl.data.genome import Genome
from getdsl.data.regions.regions import Regions
from getdsl.data.table import RegionTable

FORMATS = Path(__file__).parents[3] / "shared" / "data" / "yeast_formats"
YEAST = Path(__file__).parents[2] / "getdsl" / "data" / "yeast" / "sacCer3_16chr.fa.gz"
LENGTHS = {"chrI": 100, "chrII": 50}


@pytest.fixture
def genome(tmp_path: Path) -> Genome:
    path = tmp_path / "genome.fa"
    path.write_text(
        "".join(
            f">{name}\n{'ACGT' * (length // 4)}{'A' * (length % 4)}\n" for name, length in LENGTHS.items()
        )
    )
    return Genome(path)


def regions(
    tmp_path: Path, genome: Genome | None, *files: str, renamed: dict[str, str] | None = None, **params: Any
) -> RegionTable:
    """The table of files with these lines, fields parted by spaces."""
    paths = []
    for number, content in enumerate(files):
        path = tmp_path / f"{number}.bed"
        path.write_text(content.replace(" ", "\t"))
        paths.append(str(path))
    return Regions(files=paths if len(paths) > 1 else paths[0], **params).table(genome, renamed or {})


def places(table: RegionTable) -> list[str]:
    return [table.place(row) for row in range(len(table))]


def test_files_follow_each_other_and_keep_their_order(tmp_path: Path, genome: Genome) -> None:
    table = regions(tmp_path, genome, "chrII 5 9\nchrI 7 9\n", "#\nchrI 1 3 x 0 -\n")
    assert places(table) == ["chrII:5-9", "chrI:7-9", "chrI:1-3"]
    assert table.chromosomes == ("chrI", "chrII")
    assert table.strand.tolist() == [0, 0, -1]
    assert table.name.tolist() == ["chrII:5-9", "chrI:7-9", "x"]
    assert [table.where(row) for row in range(3)] == ["line 1 of 0.bed", "line 2 of 0.bed", "line 2 of 1.bed"]
    assert table.notes == ()


@pytest.mark.parametrize(("width", "places_"), [(4, "chrI:13-17"), (5, "chrI:13-18"), (1, "chrI:15-16")])
def test_regions_are_resized_about_their_centre(
    width: int, places_: str, tmp_path: Path, genome: Genome
) -> None:
    assert places(regions(tmp_path, genome, "chrI 10 20\n", width=width)) == [places_]


def test_regions_are_resized_about_their_summit(tmp_path: Path, genome: Genome) -> None:
    peaks = "chrI 10 20 a 0 . 1 2 3 0\nchrI 10 20 b 0 . 1 2 3 9\n"
    table = regions(tmp_path, genome, peaks, around="summit", width=4)
    assert places(table) == ["chrI:8-12", "chrI:17-21"]
    header = "chrom start end summit\nchrI 10 20 3\n"
    assert places(regions(tmp_path, genome, header, around="summit", width=2)) == ["chrI:12-14"]


def test_what_leaves_its_chromosome_is_left_out_and_said(tmp_path: Path, genome: Genome) -> None:
    table = regions(tmp_path, genome, "chrII 0 4\nchrII 20 24\nchrII 46 50\n", width=10)
    assert places(table) == ["chrII:17-27"]
    assert table.notes == (
        "2 of 3 regions leave their chromosome when resized and are left out; "
        "the first is chrII:-3-7, line 1",
    )


def test_duplicates_are_said_kept_or_refused(tmp_path: Path, genome: Genome) -> None:
    lines = "chrI 1 5 a 0 +\nchrI 1 5 b 0 -\nchrII 1 5 c 0 +\nchrI 1 5 d 0 +\n"
    table = regions(tmp_path, genome, lines)
    assert table.name.tolist() == ["a", "b", "c"]
    assert table.notes == (
        "1 of 4 regions lie where one before them does and are left out; the first is chrI:1-5, line 4",
    )
    assert len(regions(tmp_path, genome, lines, duplicates="keep")) == 4
    with pytest.raises(DataError, match=r"line 4: chrI:1-5 occurs twice \(1 such regions\); take them out"):
        regions(tmp_path, genome, lines, duplicates="refuse")


def test_what_a_blacklist_overlaps_by_a_base_is_left_out(tmp_path: Path, genome: Genome) -> None:
    (tmp_path / "black.bed").write_text("chrI\t20\t21\nchrI\t5\t60\nchrII\t9\t10\nscaffold\t1\t2\n")
    lines = "chrI 0 5\nchrI 0 6\nchrI 60 61\nchrI 59 61\nchrII 20 30\nchrII 0 9\nchrII 0 10\nchrII 10 11\n"
    table = regions(tmp_path, genome, lines, exclude=str(tmp_path / "black.bed"))
    assert places(table) == ["chrI:0-5", "chrI:60-61", "chrII:20-30", "chrII:0-9", "chrII:10-11"]
    assert table.notes == (
        "3 of 8 regions overlap black.bed and are left out; the first is chrI:0-6, line 2",
    )


def test_overlaps_are_those_of_a_slow_search(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    sets = []
    for name, number in (("a", 300), ("b", 40)):
        start = draw.integers(0, 2000, number)
        end = start + draw.integers(1, 60, number)
        chrom = draw.integers(0, 3, number)
        lines = [f"c{c}\t{s}\t{e}" for c, s, e in zip(chrom, start, end, strict=True)]
        (tmp_path / name).write_text("\n".join(lines))
        sets.append(list(zip(chrom.tolist(), start.tolist(), end.tolist(), strict=True)))
    left = [
        f"c{c}:{s}-{e}" for c, s, e in sets[0] if not any(c == d and s < f and t < e for d, t, f in sets[1])
    ]
    source = Regions(files=str(tmp_path / "a"), exclude=str(tmp_path / "b"), duplicates="keep")
    assert places(source.table(None, {})) == left
    assert 50 < len(left) < 250


def test_roles_are_columns(tmp_path: Path, genome: Genome) -> None:
    table = regions(tmp_path, genome, "chrI 1 2\n", "chrI 3 4\nchrI 5 6\n", roles=["peak", "background"])
    assert table.columns["role"].tolist() == ["peak", "background", "background"]
    assert table.columns["peak"].tolist() == [1, 0, 0]
    assert table.columns["background"].tolist() == [0, 1, 1]


def test_columns_are_those_that_all_files_have(tmp_path: Path, genome: Genome) -> None:
    table = regions(
        tmp_path, genome, "chrom start end a b\nchrI 1 2 3 4\n", "chrom start end b\nchrI 3 4 5\n"
    )
    assert {name: values.tolist() for name, values in table.columns.items()} == {"b": [4, 5]}


def test_chromosomes_choose_and_names_are_renamed(tmp_path: Path, genome: Genome) -> None:
    lines = "1 1 2\nMT 1 2\n2 1 2\n"
    renamed = {"1": "chrI", "2": "chrII"}
    table = regions(tmp_path, genome, lines, renamed=renamed, chromosomes=["chrII", "chrI"])
    assert places(table) == ["chrI:1-2", "chrII:1-2"]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "": ({}, "it holds no regions; give a file with regions"),
    "track\n": ({}, "it holds no regions"),
    "chrI 1 2\n1 1 2\n2 4 5\n": (
        {},
        'line 2: the genome has no 1; write `rename_chromosomes = { "1" = "chrI", "2" = "chrII" }` in `data`',
    ),
    "chrI 1 2\nplasmid 1 2\n": (
        {},
        "line 2: the genome has no plasmid; there are: chrI, chrII; `chromosomes` of `Regions` says which",
    ),
    "chrI 1 2\nchrII 49 51\n": (
        {},
        "line 2: chrII:49-51 lies beyond the chromosome's 50 bp; give the genome that the regions",
    ),
    "chrI 1 2\nchrI 4 4\n": ({}, "line 2: a region has 0 bp: it starts and ends at 4; correct it"),
    "chrI 1 2 \n": ({"width": 5}, "1 of 1 regions leave their chromosome when resized; give other regions"),
    "chrI 10 12\n": (
        {"width": 5, "around": "summit"},
        "its regions have no summits; write `around = .centre.`",
    ),
    "chrI 10 12 p 0 . 1 2 3 1\nchrI 10 12 p 0 . 1 2 3 -1\n": (
        {"width": 5, "around": "summit"},
        "line 2: the summit -1 does not lie in chrI:10-12; it counts from the start",
    ),
    "chrI 10 12 p 0 . 1 2 3 2\n": ({"width": 5, "around": "summit"}, "line 1: the summit 2 does not lie in"),
    "chrI 1 3\n": ({"chromosomes": ["chr1"]}, "none of its regions lies on chr1; did you mean chrI"),
    "chrom start end role\nchrI 1 3 x\n": ({"roles": ["peak"]}, "it has a column 'role' already"),
}


@pytest.mark.parametrize("content", WRONG)
def test_regions_that_cannot_be_used_are_refused(content: str, tmp_path: Path, genome: Genome) -> None:
    params, said = WRONG[content]
    with pytest.raises(DataError, match=re.escape(said).replace(r"\.centre\.", ".centre.")) as caught:
        regions(tmp_path, genome, content, **params)
    assert str(caught.value).startswith(f"{tmp_path / '0.bed'}: ")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        Regions(files=str(tmp_path / "no.bed")).table(None, {})


def test_a_blacklist_of_another_genome_is_refused(tmp_path: Path, genome: Genome) -> None:
    (tmp_path / "black.bed").write_text("1\t20\t21\n")
    with pytest.raises(DataError, match=r"black\.bed: the .* has no 1; write `rename_chromosomes = "):
        regions(tmp_path, genome, "chrI 1 2\n", exclude=str(tmp_path / "black.bed"))


def test_chr1_beside_1_is_mended_by_what_the_message_says(tmp_path: Path, genome: Genome) -> None:
    lines = "1 1 2\n2 3 4\n"
    with pytest.raises(DataError) as caught:
        regions(tmp_path, genome, lines)
    pairs = dict(re.findall(r'"(\w+)" = "(\w+)"', caught.value.fix))
    assert places(regions(tmp_path, genome, lines, renamed=pairs)) == ["chrI:1-2", "chrII:3-4"]


def test_parquet_is_a_table_with_rows(tmp_path: Path, genome: Genome) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "x.parquet"
    values = {
        "chrom": ["chrI", "chrII", "chrI"],
        "start": [1, 2, 3],
        "end": [5, 6, 7],
        "strand": ["+", "-", "."],
        "y": [0.5, None, 2.0],
        "kind": ["a", "b", "a"],
    }
    parquet.write_table(pyarrow.table(values), path)
    table = Regions(files=str(path)).table(genome, {})
    assert places(table) == ["chrI:1-5", "chrII:2-6", "chrI:3-7"]
    assert table.strand.tolist() == [1, -1, 0]
    assert table.columns["kind"].tolist() == ["a", "b", "a"]
    np.testing.assert_array_equal(table.columns["y"], [0.5, np.nan, 2])
    wrong = {
        "row 2: a region has 0 bp": {**values, "end": [5, 2, 7]},
        "row 3: a region is reversed": {**values, "end": [5, 6, 1]},
        "row 2: the strand must be": {**values, "strand": ["+", "x", "."]},
        "row 1: a region starts before": {**values, "start": [-1, 2, 3]},
        "row 2: start must be a whole number": {**values, "start": [1, 2.5, 3]},
        "row 3: chrI:3-700 lies beyond": {**values, "end": [5, 6, 700]},
        "row 2: the genome has no chrX": {**values, "chrom": ["chrI", "chrX", "chrI"]},
        "it lacks start; its columns are chrom, end": {"chrom": ["chrI"], "end": [3]},
    }
    for said, columns in wrong.items():
        parquet.write_table(pyarrow.table(columns), path)
        with pytest.raises(DataError, match=said):
            Regions(files=str(path)).table(genome, {})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="it cannot be read"):
        Regions(files=str(path)).table(genome, {})


@pytest.mark.skipif(not FORMATS.exists(), reason="needs ../shared/data")
def test_peaks_of_yeast() -> None:
    genome = Genome(YEAST)
    peaks = str(FORMATS / "peaks.narrowPeak")
    table = Regions(files=peaks, around="summit", width=1000).table(genome, {})
    lines = [line.split("\t") for line in Path(peaks).read_text().splitlines()]
    summits = [(fields[0], int(fields[1]) + int(fields[9])) for fields in lines]
    inside = [at for at in summits if 500 <= at[1] <= genome.lengths[at[0]] - 500]
    assert len(summits) == 2177
    assert len(table) == len(inside) == 2140
    assert [(table.chromosomes[c], s + 500) for c, s in zip(table.chrom, table.start, strict=True)] == inside
    assert "37 of 2,177 regions leave their chromosome" in table.notes[0]


def test_a_gzipped_table_is_the_same(tmp_path: Path, genome: Genome) -> None:
    path = tmp_path / "x.tsv.gz"
    path.write_bytes(gzip.compress(b"chrom\tstart\tend\ty\r\nchrI\t1\t2\t7\r\n"))
    table = Regions(files=str(path)).table(genome, {})
    assert places(table) == ["chrI:1-2"]
    assert table.columns["y"].tolist() == [7]
