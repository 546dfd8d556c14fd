"""`Fragments` beside counts that loops over rows make, and what it says of files that cannot be used."""

from __future__ import annotations

import gzip
import os
import pickle
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pysam
import pytest

from getdsl.data import fragment_files
from getdsl.data.errors import DataError
from getdsl.data.readers.fragments import Fragments
from tests.data.made_regions import Region, context_of, places_of, read

Row = tuple[str, int, int, str]
CELLS = {"AAAC-1": "early", "CCCA-1": "late", "GGGT-1": "early", "TTTG-1": "other"}
REGIONS = [
    Region("chrI", 100, 160, "+"),
    Region("chrI", 150, 350, "-"),
    Region("chrII", 0, 90),
    Region("chrII", 60, 61, "-"),
    Region("chrIII", 5, 25),
]
REDUCE: dict[str, Callable[[np.ndarray[Any, Any]], Any]] = {"sum": np.sum, "mean": np.mean, "max": np.max}


@pytest.fixture
def rows() -> list[Row]:
    """Fragments of three chromosomes, some of them twice, those of chrIII on no region."""
    rng = np.random.default_rng(3)
    found = []
    for chrom in ("chrI", "chrII", "chrM"):
        for start in rng.integers(0, 400, 300).tolist():
            found.append((chrom, start, start + int(rng.integers(1, 120)), str(rng.choice(list(CELLS)))))
    found += found[:80] + [(chrom, start, end, "GGGT-1") for chrom, start, end, _ in found[100:140]]
    return sorted(found)


def write(path: Path, rows: Sequence[Row], *, indexed: bool = False) -> Path:
    plain = path.with_suffix("")
    plain.write_text(
        "".join(f"{chrom}\t{start}\t{end}\t{barcode}\t1\n" for chrom, start, end, barcode in rows)
    )
    pysam.tabix_compress(str(plain), str(path), force=True)
    if indexed:
        pysam.tabix_index(str(path), preset="bed", force=True)
    return path


def write_barcodes(path: Path) -> Path:
    path.write_text("barcode\tcelltype\n" + "".join(f"{name}\t{kind}\n" for name, kind in CELLS.items()))
    return path


def reference(rows: Sequence[Row], chrom: str, start: int, end: int, counted: str) -> np.ndarray[Any, Any]:
    """[end - start], a row and a base at a time."""
    found = np.zeros(end - start)
    for name, first, stop, *_ in rows:
        for base in (first, stop - 1) if counted == "cut_sites" else range(first, stop):
            if name == chrom and start <= base < end:
                found[base - start] += 1
    return found


def centred(region: Region, length: int) -> tuple[int, int]:
    start = (region.start + region.end) // 2 - length // 2
    return start, start + length


@pytest.mark.parametrize("indexed", [False, True], ids=["held", "by place"])
@pytest.mark.parametrize("counted", ["cut_sites", "coverage"])
class TestBesideLoops:
    @pytest.mark.parametrize("reduce", [None, "sum", "mean", "max"])
    def test_a_value_a_region(
        self, tmp_path: Path, rows: list[Row], indexed: bool, counted: Any, reduce: Any
    ) -> None:
        path = write(tmp_path / "f.tsv.gz", rows, indexed=indexed)
        found = read(
            Fragments(files=str(path), counted=counted, reduce=reduce, distinct=False), context_of(REGIONS)
        )
        wanted = [
            REDUCE[reduce or "sum"](reference(rows, region.chrom, region.start, region.end, counted))
            for region in REGIONS
        ]
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, np.float32(wanted))

    @pytest.mark.parametrize("jitter", [0, 7])
    @pytest.mark.parametrize(("bin", "reduce"), [(None, None), (10, None), (10, "max"), (20, "mean")])
    def test_by_position(
        self, tmp_path: Path, rows: list[Row], indexed: bool, counted: Any, jitter: int, bin: Any, reduce: Any
    ) -> None:
        path = write(tmp_path / "f.tsv.gz", rows, indexed=indexed)
        reader = Fragments(
            files=str(path),
            counted=counted,
            length=100,
            bin=bin,
            reduce=reduce,
            jitter=jitter,
            distinct=False,
        )
        shift = -5 if jitter else 0
        found = read(reader, context_of(REGIONS), shift=shift)
        for row, region in enumerate(REGIONS):
            start, end = centred(region, 100)
            along = -1 if region.strand == "-" else 1
            bases = reference(rows, region.chrom, start + shift * along, end + shift * along, counted)[
                ::along
            ]
            wanted = bases if bin is None else REDUCE[reduce or "sum"](bases.reshape(-1, bin), axis=1)
            np.testing.assert_array_equal(found[row], np.float32(wanted))

    def test_equal_ends_count_once(
        self, tmp_path: Path, rows: list[Row], indexed: bool, counted: Any
    ) -> None:
        path = write(tmp_path / "f.tsv.gz", rows, indexed=indexed)
        once = sorted({(*row[:3], "") for row in rows})
        assert len(once) < len(set(rows)) < len(rows)
        found = read(Fragments(files=str(path), counted=counted, length=80), context_of(REGIONS))
        wanted = [reference(once, region.chrom, *centred(region, 80), counted) for region in REGIONS]
        wanted = [
            item[::-1] if region.strand == "-" else item for item, region in zip(wanted, REGIONS, strict=True)
        ]
        np.testing.assert_array_equal(found, wanted)

    @pytest.mark.parametrize("distinct", [False, True])
    def test_cell_types_by_barcode(
        self, tmp_path: Path, rows: list[Row], indexed: bool, counted: Any, distinct: bool
    ) -> None:
        path = write(tmp_path / "f.tsv.gz", rows, indexed=indexed)
        reader = Fragments(
            files=str(path),
            counted=counted,
            barcodes=str(write_barcodes(tmp_path / "b.tsv")),
            distinct=distinct,
        )
        context = context_of(REGIONS, ["late", "early"])
        for celltype in context.celltypes:
            chosen = [row for row in (sorted(set(rows)) if distinct else rows) if CELLS[row[3]] == celltype]
            wanted = [reference(chosen, *region[:3], counted).sum() for region in REGIONS]
            np.testing.assert_array_equal(read(reader, context, celltype), np.float32(wanted))
        assert reader.per_celltype

    def test_barcodes_without_cell_types_say_which_cells_count(
        self, tmp_path: Path, rows: list[Row], indexed: bool, counted: Any
    ) -> None:
        path = write(tmp_path / "f.tsv.gz", rows, indexed=indexed)
        (tmp_path / "b.tsv").write_text("AAAC-1\nCCCA-1\n")
        reader = Fragments(files=str(path), counted=counted, barcodes=str(tmp_path / "b.tsv"), distinct=False)
        chosen = [row for row in rows if row[3] in ("AAAC-1", "CCCA-1")]
        wanted = [reference(chosen, *region[:3], counted).sum() for region in REGIONS]
        np.testing.assert_array_equal(read(reader, context_of(REGIONS)), np.float32(wanted))
        assert not reader.per_celltype

    def test_two_cells_may_have_equal_ends(
        self, tmp_path: Path, rows: list[Row], indexed: bool, counted: Any
    ) -> None:
        alike = [("chrI", 110, 120, name) for name in CELLS] + [("chrI", 110, 120, "AAAC-1")]
        path = write(tmp_path / "f.tsv.gz", alike, indexed=indexed)
        barcodes = str(write_barcodes(tmp_path / "b.tsv"))
        found = read(Fragments(files=str(path), counted=counted, barcodes=barcodes), context_of(REGIONS[:1]))
        assert found.tolist() == [len(CELLS) * (2 if counted == "cut_sites" else 10)]

    @pytest.mark.parametrize("shift", [[4, -5], [-4, 5], [30, 30]])
    def test_shifted_ends(
        self, tmp_path: Path, rows: list[Row], indexed: bool, counted: Any, shift: list[int]
    ) -> None:
        path = write(tmp_path / "f.tsv.gz", rows, indexed=indexed)
        moved = [(chrom, start + shift[0], end + shift[1], name) for chrom, start, end, name in rows]
        moved = [row for row in moved if row[1] < row[2]]
        assert (len(moved) < len(rows)) == (shift[0] > shift[1])
        found = read(
            Fragments(files=str(path), counted=counted, shift=shift, distinct=False), context_of(REGIONS)
        )
        np.testing.assert_array_equal(
            found, np.float32([reference(moved, *region[:3], counted).sum() for region in REGIONS])
        )


def test_counts_of_several_files_are_added(tmp_path: Path, rows: list[Row]) -> None:
    one, two = write(tmp_path / "a.tsv.gz", rows[::2], indexed=True), write(tmp_path / "b.tsv.gz", rows[1::2])
    context = context_of(REGIONS)
    parts = [read(Fragments(files=str(path)), context) for path in (one, two)]
    np.testing.assert_array_equal(read(Fragments(files=[str(one), str(two)]), context), sum(parts))


def test_a_path_for_each_cell_type(tmp_path: Path, rows: list[Row]) -> None:
    for name in ("early", "late"):
        write(tmp_path / f"{name}.bed.gz", [row for row in rows if CELLS[row[3]] == name])
    reader = Fragments(files=str(tmp_path / "{celltype}.bed.gz"), distinct=False)
    context = context_of(REGIONS, ["late", "early"])
    for celltype in context.celltypes:
        chosen = [row for row in rows if CELLS[row[3]] == celltype]
        wanted = [reference(chosen, *region[:3], "cut_sites").sum() for region in REGIONS]
        np.testing.assert_array_equal(read(reader, context, celltype), np.float32(wanted))
    assert reader.per_celltype
    assert [path.name for path in reader.files()] == ["late.bed.gz", "early.bed.gz"]


def test_the_order_of_rows_does_not_matter(tmp_path: Path, rows: list[Row]) -> None:
    context = context_of(REGIONS)
    ordered, mixed = (write(tmp_path / name, item) for name, item in (("a.gz", rows), ("b.gz", rows[::-1])))
    np.testing.assert_array_equal(
        read(Fragments(files=str(ordered)), context), read(Fragments(files=str(mixed)), context)
    )


def test_no_places_give_no_values(tmp_path: Path, rows: list[Row]) -> None:
    context = context_of(REGIONS)
    reader = Fragments(files=str(write(tmp_path / "a.tsv.gz", rows)), length=100, bin=10)
    reader.open(context)
    assert reader.read(places_of(context, rows=[])).shape == (0, 10)


@pytest.mark.parametrize("indexed", [False, True])
def test_another_process_reads_the_same(tmp_path: Path, rows: list[Row], indexed: bool) -> None:
    context = context_of(REGIONS)
    reader = Fragments(files=str(write(tmp_path / "a.tsv.gz", rows, indexed=indexed)))
    reader.open(context)
    other = pickle.loads(pickle.dumps(reader))
    np.testing.assert_array_equal(other.read(places_of(context)), reader.read(places_of(context)))


def test_the_other_strand_is_read_backwards(tmp_path: Path, rows: list[Row]) -> None:
    path = str(write(tmp_path / "a.tsv.gz", rows))
    there, back = ([Region("chrI", 100, 301, strand)] for strand in "+-")
    reader = Fragments(files=path, length=200, bin=20)
    reader.open(context_of(there))
    places = places_of(context_of(there))
    flipped = reader.reverse_complement(reader.tensor(reader.read(places), np.zeros(1, np.int64)))
    np.testing.assert_array_equal(flipped.numpy(), read(reader, context_of(back)))


def test_an_indexed_file_is_not_held(tmp_path: Path) -> None:
    rows = [("chrI", at, at + 50, "A") for at in range(0, 2_000_000, 5)]  # 16 bytes a row: 6 MB
    reader = Fragments(files=str(write(tmp_path / "a.tsv.gz", rows, indexed=True)))
    context = context_of([Region("chrI", 1_000_000, 1_001_000)])
    read(reader, context)  # what is imported late
    tracemalloc.start()
    read(reader, context)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_a_file_without_an_index_holds_its_ends_alone(tmp_path: Path) -> None:
    rows = [("chrI", at, at + 50, "A") for at in range(0, 1_000_000, 5)]
    reader = Fragments(files=str(write(tmp_path / "a.tsv.gz", rows)))
    tracemalloc.start()
    reader.open(context_of(REGIONS[:1]))
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 8.5 * len(rows)


GOOD = "chrI\t10\t60\tAAAC-1\t1\n"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (GOOD + "chrI 10 60 AAAC-1 1\n", "line 2: its columns are parted by spaces; put tabs between them"),
        (
            GOOD + "\n#note\nchrI\t10.5\t60\tA\t1\n",
            "line 4: start must be a whole number, found '10.5'; give",
        ),
        (GOOD + "chrI\t60\t10\tA\t1\n", "line 2: a region is reversed: start 60, end 10; give fragments as"),
        (GOOD + "chrI\t60\t60\tA\t1\n", "line 2: a region has 0 bp"),
        (GOOD + "chrI\t-3\t60\tA\t1\n", "line 2: a region starts at -3"),
        (GOOD + "chrI\t30\t60\n", "line 2: it has 3 columns, and those before it 5"),
        (
            GOOD + "chrI\t900\t1001\tA\t1\n",
            "line 2: a fragment ends at chrI:1001, past the chromosome's 1000",
        ),
        ("", "it holds no fragments; give fragments as `chrom start end`"),
        (
            "1\t10\t60\n2\t10\t60\n",
            'such as chrI; write `rename_chromosomes = { "1" = "chrI", "2" = "chrII" }` in `data`',
        ),
        (b"\x00\xff\xfe", "it is not a text file"),
        (gzip.compress(GOOD.encode() * 99, mtime=0)[:-20], "it cannot be read"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, content: str | bytes, problem: str) -> None:
    path = tmp_path / "f.tsv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DataError, match=problem) as raised:
        Fragments(files=str(path)).open(
            context_of(REGIONS, lengths={"chrI": 1000, "chrII": 500, "chrIII": 500})
        )
    assert str(raised.value).startswith(f"{path}: ")


def test_names_of_chromosomes_are_renamed(tmp_path: Path, rows: list[Row]) -> None:
    other = [("1" if row[0] == "chrI" else row[0], *row[1:]) for row in rows]
    context = context_of(REGIONS, renamed={"1": "chrI"})
    for indexed in (False, True):
        found = read(Fragments(files=str(write(tmp_path / "a.tsv.gz", other, indexed=indexed))), context)
        wanted = read(Fragments(files=str(write(tmp_path / "b.tsv.gz", rows))), context_of(REGIONS))
        np.testing.assert_array_equal(found, wanted)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        Fragments(files=str(tmp_path / "none.tsv.gz")).open(context_of(REGIONS))


class TestIndexes:
    def test_one_older_than_its_file(self, tmp_path: Path, rows: list[Row]) -> None:
        path = write(tmp_path / "f.tsv.gz", rows, indexed=True)
        os.utime(f"{path}.tbi", (1, 1))
        with pytest.raises(
            DataError, match=r"f.tsv.gz.tbi is older than it is; .*`tabix -f -p bed f.tsv.gz`"
        ):
            Fragments(files=str(path)).open(context_of(REGIONS))

    def test_a_file_that_was_cut_off(self, tmp_path: Path, rows: list[Row]) -> None:
        path = write(tmp_path / "f.tsv.gz", rows, indexed=True)
        path.write_bytes(path.read_bytes()[:-40])
        os.utime(path, (1, 1))
        with pytest.raises(DataError, match=r"it cannot be read to its end: it is cut off; copy"):
            Fragments(files=str(path)).open(context_of(REGIONS))

    def test_one_that_is_none(self, tmp_path: Path, rows: list[Row]) -> None:
        path = write(tmp_path / "f.tsv.gz", rows)
        Path(f"{path}.tbi").write_bytes(b"no index")
        with pytest.raises(DataError, match=r"it cannot be read by its index f.tsv.gz.tbi"):
            Fragments(files=str(path)).open(context_of(REGIONS))

    @pytest.mark.parametrize("row", ["chrI\t150\t140", "chrI\t1x0\t190"])
    def test_a_row_that_is_none(self, tmp_path: Path, row: str) -> None:
        path = write(tmp_path / "f.tsv.gz", [("chrI", 100, 150, ""), ("chrI", 150, 190, "")], indexed=True)
        (tmp_path / "f.tsv").write_text(f"chrI\t100\t150\n{row}\n")
        pysam.tabix_compress(str(tmp_path / "f.tsv"), str(path), force=True)
        os.utime(path, (1, 1))  # tabix refuses such a row, so that its index is of another file
        with pytest.raises(DataError, match=f"the row `{row}`"):
            read(Fragments(files=str(path)), context_of([Region("chrI", 100, 200)]))

    def test_one_past_its_chromosome(self, tmp_path: Path) -> None:
        path = write(tmp_path / "f.tsv.gz", [("chrI", 110, 1200, "A")], indexed=True)
        with pytest.raises(DataError, match=r"the row chrI 110 1200: a fragment ends at chrI:1200"):
            read(Fragments(files=str(path)), context_of(REGIONS[:1], lengths={"chrI": 1000}))

    def test_too_much_to_be_held(
        self, tmp_path: Path, rows: list[Row], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fragment_files, "MOST_HELD", 100)
        with pytest.raises(DataError, match=r"more than 100 fragments, and has no index.*`tabix -p bed`"):
            Fragments(files=str(write(tmp_path / "f.tsv.gz", rows))).open(context_of(REGIONS))
        read(Fragments(files=str(write(tmp_path / "g.tsv.gz", rows, indexed=True))), context_of(REGIONS))


class TestBarcodes:
    @pytest.mark.parametrize("indexed", [False, True])
    def test_none_that_matches(self, tmp_path: Path, rows: list[Row], indexed: bool) -> None:
        path = write(tmp_path / "f.tsv.gz", rows, indexed=indexed)
        (tmp_path / "b.tsv").write_text("AAAC\tearly\nCCCA\tlate\n")
        with pytest.raises(
            DataError, match=r"f.tsv.gz: none of its barcodes, such as .*-1, stands in b.tsv; .*AAAC"
        ):
            Fragments(files=str(path), barcodes=str(tmp_path / "b.tsv")).open(context_of(REGIONS))

    def test_a_list_for_each_cell_type(self, tmp_path: Path, rows: list[Row]) -> None:
        for name in ("early", "late"):
            barcodes = "".join(f"{barcode}\n" for barcode, celltype in CELLS.items() if celltype == name)
            (tmp_path / f"{name}.txt").write_text(barcodes)
        path, context = str(write(tmp_path / "f.tsv.gz", rows)), context_of(REGIONS, ["late", "early"])
        reader = Fragments(files=path, barcodes=str(tmp_path / "{celltype}.txt"))
        table = str(write_barcodes(tmp_path / "b.tsv"))
        for celltype in context.celltypes:
            wanted = read(Fragments(files=path, barcodes=table), context, celltype)
            np.testing.assert_array_equal(read(reader, context, celltype), wanted)
        assert [path.name for path in reader.files()] == ["f.tsv.gz", "late.txt", "early.txt"]
        (tmp_path / "late.txt").write_text("AAAC-1\nCCCA-1\n")
        with pytest.raises(DataError, match=r"early.txt: it has AAAC-1, and so has late.txt; give each"):
            reader.open(context)

    @pytest.mark.parametrize("indexed", [False, True])
    def test_fragments_without(self, tmp_path: Path, rows: list[Row], indexed: bool) -> None:
        path = write(tmp_path / "f.tsv.gz", [(*row[:3], "") for row in rows], indexed=indexed)
        reader = Fragments(files=str(path), barcodes=str(write_barcodes(tmp_path / "b.tsv")))
        with pytest.raises(DataError, match="its fragments have no barcodes; give fragments with barcodes"):
            reader.open(context_of(REGIONS))

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            ("", "it holds no barcodes; write a barcode and its cell type a line"),
            ("AAAC-1\tearly\nAAAC-1\tlate\n", "line 2: AAAC-1 is 'late', and 'early' on line 1; give each"),
            ("AAAC-1\tearly\n\nCCCA-1\n", "line 3: CCCA-1 has no cell type"),
            ("AAAC-1\tearly\nCCCA-1\tlat\n", r"no barcode is of the cell type 'late'; did you mean lat\?"),
            (b"\xff\xfe", "it is not a text file"),
        ],
    )
    def test_what_is_wrong_with_their_file(
        self, tmp_path: Path, rows: list[Row], content: str | bytes, problem: str
    ) -> None:
        path = tmp_path / "b.tsv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        reader = Fragments(files=str(write(tmp_path / "f.tsv.gz", rows)), barcodes=str(path))
        with pytest.raises(DataError, match=problem):
            reader.open(context_of(REGIONS, ["early", "late"]))

    @pytest.mark.parametrize(
        "content",
        ["AAAC-1,early\nGGGT-1,early\n", '"","n","cell_type"\n"AAAC-1",3,"early"\n"GGGT-1",4,"early"\n'],
    )
    def test_other_ways_to_write_them(self, tmp_path: Path, rows: list[Row], content: str) -> None:
        (tmp_path / "b.csv").write_text(content)
        path, context = str(write(tmp_path / "f.tsv.gz", rows)), context_of(REGIONS, ["early"])
        found = read(Fragments(files=path, barcodes=str(tmp_path / "b.csv")), context, "early")
        wanted = read(
            Fragments(files=path, barcodes=str(write_barcodes(tmp_path / "b.tsv"))), context, "early"
        )
        np.testing.assert_array_equal(found, wanted)
