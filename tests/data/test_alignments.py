"""`Alignments` beside loops over the reads, and what it says of files that cannot be used."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pysam
import pytest

from getdsl.data.errors import DataError
from getdsl.data.readers.alignments import Alignments
from tests.data.made_regions import YEAST, Region, context_of, places_of, read

LENGTHS = {"chrI": 6000, "chrII": 3000}
REGIONS = [
    Region("chrI", 1000, 1400, "+"),
    Region("chrI", 1200, 1301, "-"),
    Region("chrI", 0, 500),
    Region("chrII", 2500, 3000, "-"),
]
FLAGS = [0, 0, 0, 0, 0x100, 0x200, 0x400, 0x800]  # of which half is wrong with a read


def aligned(header: Any, name: str, chrom: str, start: int, cigar: list[tuple[int, int]], flag: int) -> Any:
    read = pysam.AlignedSegment(header)
    read.query_name, read.flag, read.reference_name, read.reference_start = name, flag, chrom, start
    read.cigartuples = cigar
    read.query_sequence = "A" * sum(length for kind, length in cigar if kind in (0, 1, 4))
    return read


def write(path: Path, reads: list[Any], header: Any, *, index: bool = True) -> Path:
    with pysam.AlignmentFile(str(path), "wc" if path.suffix == ".cram" else "wb", header=header) as file:
        for read in sorted(reads, key=lambda read: (read.reference_id, read.reference_start)):
            file.write(read)
    if index:
        pysam.index(str(path))
    return path


@pytest.fixture
def header() -> Any:
    return pysam.AlignmentHeader.from_references(list(LENGTHS), list(LENGTHS.values()))


@pytest.fixture
def pairs(header: Any) -> list[Any]:
    """Reads of 400 pairs: some of a low quality, duplicate, not proper or too long, some twice."""
    rng = np.random.default_rng(5)
    found = []
    for number in range(400):
        chrom = str(rng.choice(list(LENGTHS)))
        size = int(rng.choice([30, 36, 150, 700, 2000, 2001]))
        start = int(rng.integers(0, LENGTHS[chrom] - size))
        width = min(36, size)
        quality, mate = int(rng.choice([10, 30, 60])), int(rng.choice([10, 60, 60, 60]))
        wrong = int(rng.choice(FLAGS))
        proper = 0x2 if rng.random() < 0.9 else 0
        for copy in range(2 if number % 10 == 0 else 1):
            for left in (True, False):
                at = start if left else start + size - width
                flag = 0x1 | proper | wrong | (0x20 | 0x40 if left else 0x10 | 0x80)
                read = aligned(header, f"{number}.{copy}", chrom, at, [(0, width)], flag)
                read.mapping_quality = quality if left else mate
                read.set_tag("MQ", mate if left else quality)
                read.next_reference_id = read.reference_id
                read.next_reference_start = start + size - width if left else start
                read.template_length = size if left else -size
                found.append(read)
    return found


def fragments(reads: list[Any], quality: int, *, duplicates: bool) -> list[tuple[str, int, int]]:
    """Those that count, by putting both reads of a pair together by their name."""
    by_name: dict[str, list[Any]] = {}
    for item in reads:
        by_name.setdefault(item.query_name, []).append(item)
    found = []
    for one, other in by_name.values():
        never = 0x4 | 0x100 | 0x200 | 0x800 | (0 if duplicates else 0x400)
        good = all(not item.flag & never and item.mapping_quality >= quality for item in (one, other))
        start = min(one.reference_start, other.reference_start)
        end = max(one.reference_end, other.reference_end)
        if good and one.is_proper_pair and end - start <= 2000:
            found.append((one.reference_name, start, end))
    return found


def bases(spans: list[tuple[str, int, int]], region: Region, counted: str) -> Any:
    found = np.zeros(region.end - region.start)
    for chrom, start, end in spans:
        for base in (start, end - 1) if counted == "cut_sites" else range(start, end):
            if chrom == region.chrom and region.start <= base < region.end:
                found[base - region.start] += 1
    return found


@pytest.mark.parametrize("counted", ["cut_sites", "coverage"])
@pytest.mark.parametrize("kind", ["bam", "cram"])
class TestPairs:
    @pytest.mark.parametrize("quality", [0, 30])
    @pytest.mark.parametrize("duplicates", [False, True])
    @pytest.mark.parametrize("distinct", [False, True])
    def test_what_counts(
        self,
        tmp_path: Path,
        header: Any,
        pairs: list[Any],
        counted: Any,
        kind: str,
        quality: int,
        duplicates: bool,
        distinct: bool,
    ) -> None:
        path = write(tmp_path / f"x.{kind}", pairs, header)
        reader = Alignments(
            files=str(path),
            counted=counted,
            mapping_quality=quality,
            duplicates=duplicates,
            distinct=distinct,
        )
        spans = fragments(pairs, quality, duplicates=duplicates)
        spans = sorted(set(spans)) if distinct else spans
        wanted = [bases(spans, region, counted).sum() for region in REGIONS]
        assert min(wanted) > 0
        np.testing.assert_array_equal(read(reader, context_of(REGIONS, lengths=LENGTHS)), wanted)

    def test_by_position(
        self, tmp_path: Path, header: Any, pairs: list[Any], counted: Any, kind: str
    ) -> None:
        path = write(tmp_path / f"x.{kind}", pairs, header)
        reader = Alignments(files=str(path), counted=counted, length=300, bin=5, reduce="max")
        spans = fragments(pairs, 30, duplicates=False)
        found = read(reader, context_of(REGIONS))
        for row, region in enumerate(REGIONS):
            start = (region.start + region.end) // 2 - 150
            wanted = bases(spans, Region(region.chrom, start, start + 300), counted)
            wanted = wanted[::-1] if region.strand == "-" else wanted
            np.testing.assert_array_equal(found[row], wanted.reshape(60, 5).max(axis=1))

    def test_shifted_ends(
        self, tmp_path: Path, header: Any, pairs: list[Any], counted: Any, kind: str
    ) -> None:
        path = write(tmp_path / f"x.{kind}", pairs, header)
        spans = [(chrom, start + 4, end - 5) for chrom, start, end in fragments(pairs, 30, duplicates=False)]
        wanted = [bases(spans, region, counted).sum() for region in REGIONS]
        reader = Alignments(files=str(path), counted=counted, shift=[4, -5])
        np.testing.assert_array_equal(read(reader, context_of(REGIONS)), wanted)


class TestSingleReads:
    @pytest.fixture
    def path(self, tmp_path: Path, header: Any) -> Path:
        """A forward read, a reverse one with an intron and a deletion, twice, and a bad one."""
        reads = [
            aligned(header, "a", "chrI", 1000, [(4, 5), (0, 40)], 0),
            aligned(header, "b", "chrI", 1020, [(0, 10), (3, 300), (0, 20), (2, 2), (0, 8)], 0x10),
            aligned(header, "c", "chrI", 1020, [(0, 10), (3, 300), (0, 20), (2, 2), (0, 8)], 0x10),
            aligned(header, "d", "chrI", 1020, [(0, 36)], 0x4),
        ]
        for item in reads:
            item.mapping_quality = 60
        return write(tmp_path / "single.bam", reads, header)

    def test_cut_sites_are_five_prime_ends(self, path: Path) -> None:
        reader = Alignments(files=str(path), paired=False, length=400)
        found = read(reader, context_of([Region("chrI", 1000, 1400)]))[0]
        assert dict(zip(np.flatnonzero(found).tolist(), found[found > 0].tolist(), strict=True)) == {
            0: 1,
            359: 2,
        }

    def test_they_are_shifted_by_strand(self, path: Path) -> None:
        reader = Alignments(files=str(path), paired=False, length=400, shift=[4, -5])
        found = read(reader, context_of([Region("chrI", 1000, 1400)]))[0]
        assert np.flatnonzero(found).tolist() == [4, 354]

    def test_coverage_is_of_aligned_bases(self, path: Path) -> None:
        wanted = np.zeros(400)
        for start, end, number in ((0, 40, 1), (20, 30, 2), (330, 350, 2), (352, 360, 2)):
            wanted[start:end] += number
        reader = Alignments(files=str(path), paired=False, length=400, counted="coverage")
        context = context_of([Region("chrI", 1000, 1400)])
        np.testing.assert_array_equal(read(reader, context)[0], wanted)
        once = Alignments(files=str(path), paired=False, length=400, counted="coverage", distinct=True)
        np.testing.assert_array_equal(read(once, context)[0], np.ceil(wanted / 2))

    def test_reads_alike_count_once_if_asked(self, path: Path) -> None:
        reader = Alignments(files=str(path), paired=False, distinct=True)
        assert read(reader, context_of([Region("chrI", 1000, 1400)])).tolist() == [2]

    def test_they_are_no_pairs(self, path: Path) -> None:
        with pytest.raises(
            DataError, match=r"none of its first 4 reads is properly paired; write `paired = false`"
        ):
            Alignments(files=str(path)).open(context_of(REGIONS))


def test_another_process_opens_its_own_file(tmp_path: Path, header: Any, pairs: list[Any]) -> None:
    context = context_of(REGIONS)
    reader = Alignments(files=str(write(tmp_path / "x.bam", pairs, header)))
    found = read(reader, context)
    assert pickle.loads(pickle.dumps(reader)).read(places_of(context)).tolist() == found.tolist()


def test_regions_beyond_and_elsewhere_have_none(tmp_path: Path, header: Any, pairs: list[Any]) -> None:
    regions = [Region("chrI", 0, 100), Region("chrI", 7000, 7100), Region("chrIX", 5, 10)]
    reader = Alignments(files=str(write(tmp_path / "x.bam", pairs, header)), length=1000)
    found = read(reader, context_of(regions))
    assert found[0, :450].sum() == 0 < found[0].sum()
    assert found[1:].sum() == 0


class TestBadFiles:
    def test_no_index(self, tmp_path: Path, header: Any, pairs: list[Any]) -> None:
        path = write(tmp_path / "x.bam", pairs, header, index=False)
        with pytest.raises(DataError, match=r"x.bam: it has no index; make one by `samtools index x.bam`"):
            Alignments(files=str(path)).open(context_of(REGIONS))

    def test_other_names(self, tmp_path: Path, header: Any, pairs: list[Any]) -> None:
        path = write(tmp_path / "x.bam", pairs, header)
        with pytest.raises(
            DataError, match=r"none of the regions' chromosomes, such as 1; did you mean chrI\?"
        ):
            Alignments(files=str(path)).open(context_of([Region("1", 0, 5)]))

    def test_another_assembly(self, tmp_path: Path, header: Any, pairs: list[Any]) -> None:
        path = write(tmp_path / "x.bam", pairs, header)
        with pytest.raises(
            DataError, match="chrII has 3,000 bp in it, and 2,999 in the genome; give files of one"
        ):
            Alignments(files=str(path)).open(context_of(REGIONS, lengths={"chrI": 6000, "chrII": 2999}))

    @pytest.mark.parametrize("lost", [28, 2000])
    def test_one_that_was_cut_off(self, tmp_path: Path, header: Any, pairs: list[Any], lost: int) -> None:
        path = write(tmp_path / "x.bam", pairs, header)
        path.write_bytes(path.read_bytes()[:-lost])
        with pytest.raises(DataError, match=r"it is no BAM or CRAM file that can be read .*truncated"):
            Alignments(files=str(path)).open(context_of(REGIONS))

    def test_a_cram_that_was_cut_off(self, tmp_path: Path, header: Any, pairs: list[Any]) -> None:
        path = write(tmp_path / "x.cram", pairs, header)
        path.write_bytes(path.read_bytes()[:-3000])
        with pytest.raises(DataError, match=r"cannot be read|can be read"):
            read(Alignments(files=str(path)), context_of(REGIONS))

    @pytest.mark.parametrize("content", [b"", b"chrI\t0\t10\n", bytes(range(100, 200))])
    def test_what_is_none(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "x.bam").write_bytes(content)
        with pytest.raises(DataError, match="it is no BAM or CRAM file that can be read"):
            Alignments(files=str(tmp_path / "x.bam")).open(context_of(REGIONS))

    def test_none_there(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="there is no such file"):
            Alignments(files=str(tmp_path / "x.bam")).open(context_of(REGIONS))

    def test_no_reads(self, tmp_path: Path, header: Any) -> None:
        with pytest.raises(DataError, match="it holds no reads"):
            Alignments(files=str(write(tmp_path / "x.bam", [], header))).open(context_of(REGIONS))

    def test_nothing_is_printed(
        self, tmp_path: Path, header: Any, pairs: list[Any], capfd: pytest.CaptureFixture[str]
    ) -> None:
        path = write(tmp_path / "x.bam", pairs, header, index=False)
        with pytest.raises(DataError):
            Alignments(files=str(path)).open(context_of(REGIONS))
        assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not YEAST.exists(), reason="no yeast_formats in ../shared/data")
def test_a_real_file_in_a_folder_of_its_own(tmp_path: Path) -> None:
    """Its pairs were made of fragments that are counted here as text."""
    for name in ("chrVI.bam", "chrVI.bam.bai"):
        shutil.copy(YEAST / name, tmp_path)
    with pysam.TabixFile(str(YEAST / "fragments.tsv.gz")) as file:
        wanted = len(list(file.fetch("chrVI")))
    context = context_of([Region("chrVI", 0, 270_161)])
    assert read(Alignments(files=str(tmp_path / "chrVI.bam")), context).tolist() == [2 * wanted]
