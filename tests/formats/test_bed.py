"""Files of regions, of every kind that people have, and what is said of lines that are no regions."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from getdsl.formats import text
from getdsl.formats.bed import Rows, read_bed
from getdsl.formats.text import FormatError

REGIONS = [("chrI", 10, 20), ("chrII", 5, 6), ("chrI", 0, 3)]


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def places(rows: Rows) -> list[tuple[str, int, int]]:
    return list(zip(rows.chrom.tolist(), rows.start.tolist(), rows.end.tolist(), strict=True))


BED3 = "chrI\t10\t20\nchrII\t5\t6\nchrI\t0\t3\n"
TABLE = (
    "chrom\tstart\tend\tstrand\tname\tfold\ty\n"
    "chrI\t10\t20\t+\ta\t1\t0.5\nchrII\t5\t6\t-\tb\t2\tNA\nchrI\t0\t3\t.\tc\t2\t-1e3\n"
)
SAME = {
    "bed": BED3,
    "no last line end": BED3[:-1],
    "windows": BED3.replace("\n", "\r\n"),
    "old mac": BED3.replace("\n", "\r"),
    "mark": "\ufeff" + BED3,
    "blank lines": "\n" + BED3.replace("\n", "\n\n \t\n"),
    "heads": "browser position chrI:1-5\ntrack name=x\n#a comment\n" + BED3,
    "heads within": BED3.replace("chrII", "track\n#\nbrowser x\nchrII"),
    "spaces about": BED3.replace("\t", " \t "),
    "gzip": gzip.compress(BED3.encode()),
    "two members": gzip.compress(BED3[:11].encode()) + gzip.compress(BED3[11:].encode()),
    "table": TABLE,
    "commas": TABLE.replace("\t", ","),
    "commas and spaces": TABLE.replace("\t", ", "),
    "quotes": TABLE.replace("\t", ",").replace("a,", '"a",'),
    "a header that is a comment": "# by hand\n#" + TABLE,
    "names of UCSC": TABLE.replace("chrom\tstart\tend", "#chrom\tchromStart\tchromEnd"),
    "names of Bioconductor": TABLE.replace("chrom", "seqnames"),
    "capitals": TABLE.replace("chrom\tstart\tend", "Chr\tStart\tEnd"),
}


@pytest.mark.parametrize("kind", SAME)
def test_regions_are_read_whatever_stands_about_them(kind: str, tmp_path: Path) -> None:
    rows = read_bed(written(tmp_path / "x", SAME[kind]))
    assert places(rows) == REGIONS


@pytest.mark.parametrize("size", [1, 7, 40])
def test_blocks_of_any_size_hold_the_same_rows(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "x", "\ufeff# a comment\n" + TABLE.replace("\n", "\r\n"))
    whole = read_bed(path)
    monkeypatch.setattr(text, "BLOCK", size)
    parts = read_bed(path)
    assert places(parts) == places(whole)
    for name in ("line", "strand", "name"):
        assert getattr(parts, name).tolist() == getattr(whole, name).tolist()
    assert whole.line.tolist() == [3, 4, 5]
    np.testing.assert_array_equal(parts.columns["y"], [0.5, np.nan, -1000])


def test_columns_of_a_table_are_numbers_where_they_can_be(tmp_path: Path) -> None:
    rows = read_bed(written(tmp_path / "x", TABLE))
    assert rows.name.tolist() == ["a", "b", "c"]
    assert rows.strand.tolist() == [1, -1, 0]
    assert rows.columns["fold"].tolist() == [1, 2, 2]
    assert rows.columns["fold"].dtype == np.int64
    np.testing.assert_array_equal(rows.columns["y"], [0.5, np.nan, -1000])
    text = read_bed(written(tmp_path / "x", TABLE.replace("NA", "é")))
    assert text.columns["y"].tolist() == ["0.5", "é", "-1e3"]


def test_a_long_text_costs_its_own_length(tmp_path: Path) -> None:
    long = "A" * 100_000
    rows = "".join(f"chrI\t{at}\t{at + 1}\t{long if at == 7 else 'C'}\n" for at in range(1000))
    found = read_bed(written(tmp_path / "x", "chrom\tstart\tend\tdna\n" + rows))
    assert found.columns["dna"][6:9].tolist() == ["C", long, "C"]


PEAK = "chrI\t10\t20\tp\t7\t{}\t1.5\t2.5\t3.5"
KINDS = {
    "BED4": ("a.bed", "chrI\t10\t20\tp", {}),
    "BED6": ("a.bed", "chrI\t10\t20\tp\t7\t-", {"score": 7}),
    "BED9": ("a.bed", "chrI\t10\t20\tp\t7\t-\t10\t20\t0", {"score": 7}),
    "BED12": ("a.bed", "chrI\t10\t20\tp\t7\t-\t10\t20\t0\t1\t10,\t0,", {"score": 7}),
    "broadPeak": (
        "a.broadPeak",
        PEAK.format("-"),
        {"score": 7, "signalValue": 1.5, "pValue": 2.5, "qValue": 3.5},
    ),
    "narrowPeak": (
        "a.bed",
        PEAK.format("-") + "\t4",
        {"score": 7, "signalValue": 1.5, "pValue": 2.5, "qValue": 3.5, "summit": 4},
    ),
    "gappedPeak": (
        "a.gappedPeak",
        "chrI\t10\t20\tp\t7\t-\t10\t20\t0\t1\t10,\t0,\t1.5\t2.5\t3.5",
        {"score": 7, "signalValue": 1.5, "pValue": 2.5, "qValue": 3.5},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_columns_of_bed_and_peaks(kind: str, tmp_path: Path) -> None:
    name, line, columns = KINDS[kind]
    rows = read_bed(written(tmp_path / name, line + "\n"))
    assert places(rows) == [("chrI", 10, 20)]
    assert rows.name.tolist() == ["p"]
    assert rows.strand.tolist() == ([0] if kind == "BED4" else [-1])
    assert {name: values.tolist() for name, values in rows.columns.items()} == {
        name: [value] for name, value in columns.items()
    }


def test_a_region_without_a_name_is_called_by_its_place(tmp_path: Path) -> None:
    rows = read_bed(written(tmp_path / "x", "chrI\t1\t2\t.\nchrI\t10\t200\tlong name\n"))
    assert rows.name.tolist() == ["chrI:1-2", "long name"]


def test_an_empty_file_has_no_regions(tmp_path: Path) -> None:
    for content in ("", "\n\n", "# nothing\n", "track\n"):
        assert len(read_bed(written(tmp_path / "x", content))) == 0


WRONG = {  # what stands after two good lines and a comment, and what is said of it
    "chrI\t5\t5": "4: a region has 0 bp: it starts and ends at 5",
    "chrI\t9\t5": "4: a region is reversed: start 9, end 5",
    "chrI\t-1\t5": "4: a region starts at -1, before its chromosome",
    "chrI\t1.0\t5": "4: start must be a whole number, found '1.0'",
    "chrI\t1\t5e3": "4: end must be a whole number, found '5e3'",
    "chrI\t\t5": "4: start must be a whole number, found ''",
    "chrI\t1\t99999999999999999999": "4: end must be a whole number, found '9{20}'",
    "chrI\t1": "4: it has 2 columns, and those before it 3",
    "chrI\t1\t5\tx": "4: it has 4 columns, and those before it 3",
    "chrI  1  5": "4: its columns are parted by spaces; put tabs between them",
    "\t1\t5": "4: it names no chromosome",
    "chr\xff\t1\t5": "4: it is not text in UTF-8",
    "chr\0\t1\t5": "it is not a text file",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_line_that_is_no_region_is_named(line: str, tmp_path: Path) -> None:
    content = f"chrI\t1\t2\n# {'x' * 100}\nchrI\t3\t4\n{line}\nchrI\t7\t6\n"
    with pytest.raises(FormatError, match=WRONG[line]):
        read_bed(written(tmp_path / "x", content.encode("latin-1")))


BEGINNINGS = {
    "chrI 1 5\n": "1: its columns are parted by spaces; put tabs between them",
    "gene\tvalue\nA\t1\n": "1: expected chrom, start and end, or a header with these names, found 'gene'",
    "chrom\tstart\tvalue\n": "1: the header lacks end",
    "chrom\tstart\tend\ty\ty\n": "1: two columns are called 'y'",
    "chr\tstart\tend\tlength\tabs_summit\n": "1: it is a table of MACS, which counts from 1; give the",
    "chrI\t5\t9\tp\t7\tplus\n": "1: the strand must be [+], - or [.], found 'plus'",
    'chrom,start,end,note\nchrI,1,5,"a\nb"\n': "a quoted text goes on in the next line",
}


@pytest.mark.parametrize("content", BEGINNINGS)
def test_a_file_that_begins_otherwise_is_refused(content: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=BEGINNINGS[content]):
        read_bed(written(tmp_path / "x", content))


def test_what_was_cut_off_is_said(tmp_path: Path) -> None:
    import pysam

    plain = written(tmp_path / "x", BED3 * 20_000)  # several blocks of bgzip
    pysam.tabix_compress(str(plain), str(tmp_path / "x.gz"))
    packed = (tmp_path / "x.gz").read_bytes()
    assert len(read_bed(tmp_path / "x.gz")) == 60_000
    block = packed.index(b"BC\x02\x00", 100) - 12  # where the second block begins
    for content in (packed[:-28], packed[:block], packed[: block + 50], gzip.compress(BED3.encode())[:-9]):
        with pytest.raises(
            FormatError, match="it cannot be read to its end: it is cut off; copy or compress"
        ):
            read_bed(written(tmp_path / "cut", content))


def test_memory_is_that_of_the_table(tmp_path: Path) -> None:
    line = "chr{}\t{}\t{}\tpeak_{}\t100\t.\t1.5\t2.5\t3.5\t70\n"
    number = 50_000
    path = tmp_path / "x.narrowPeak"
    with path.open("w") as file:
        file.writelines(line.format(at % 20, at, at + 500, at) for at in range(number))
    tracemalloc.start()
    rows = read_bed(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(rows) == number
    assert peak / number < 400 + (64 << 20) / number  # bytes a region, beside the blocks
