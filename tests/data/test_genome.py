"""The genome: the same bases from every kind of file, and what is said of files that hold none."""

from __future__ import annotations

import gzip
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pysam
import pytest

from getdsl.data import derived, fasta_index, genome_files
from getdsl.data.errors import DataError
from getdsl.data.genome import Genome

YEAST = Path(__file__).parents[2] / "getdsl" / "data" / "yeast" / "sacCer3_16chr.fa.gz"
SEQUENCES = {"chrI": "ACGTNacgtnRYSWKMBDHVryswkmbdhvUu" * 5, "chrII": "GATTACA", "chr3": "C" * 60}
LETTERS = np.array(list("ACGTN"))


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "cache_folder", lambda: tmp_path / "cache")


def fasta(width: int = 60) -> str:
    return "".join(
        f">{name} described\n" + "".join(f"{bases[at : at + width]}\n" for at in range(0, len(bases), width))
        for name, bases in SEQUENCES.items()
    )


def expected(chrom: str, start: int, end: int) -> str:
    """Bases one by one, from the text."""
    bases = SEQUENCES[chrom]
    known = {"A": "A", "C": "C", "G": "G", "T": "T", "U": "T"}
    return "".join(
        known.get(bases[at].upper(), "N") if 0 <= at < len(bases) else "N" for at in range(start, end)
    )


def plain(folder: Path) -> Path:
    path = folder / "genome.fa"
    path.write_text(fasta())
    return path


def indexed(folder: Path) -> Path:
    path = plain(folder)
    pysam.faidx(str(path))
    return path


def bgzip(folder: Path) -> Path:
    pysam.tabix_compress(str(plain(folder)), str(folder / "genome.fa.gz"))
    return folder / "genome.fa.gz"


def bgzip_indexed(folder: Path) -> Path:
    path = bgzip(folder)
    pysam.faidx(str(path))
    return path


def gzipped(folder: Path) -> Path:
    path = folder / "genome.fa.gz"
    path.write_bytes(gzip.compress(fasta().encode()))
    return path


def uneven(folder: Path) -> Path:
    path = folder / "genome.fa"
    path.write_text(fasta(7).replace("\nGATTACA", "\nGAT\n\nTACA"))
    return path


def windows(folder: Path) -> Path:
    path = folder / "genome.fa"
    path.write_bytes(fasta().replace("\n", "\r\n").encode())
    return path


def one_line(folder: Path) -> Path:
    path = folder / "genome.fa"
    path.write_text("\ufeff" + fasta(10_000))
    return path


def two_bit(folder: Path) -> Path:
    """Written as UCSC's description of the format says: T C A G are 0 to 3, stretches of N beside them."""
    pytest.importorskip("twobitreader")
    records, index, at = b"", b"", 16 + sum(5 + len(name) for name in SEQUENCES)
    for name, bases in SEQUENCES.items():
        clear = expected(name, 0, len(bases))
        unknown = [place for place, base in enumerate(clear) if base == "N"]
        padded = clear.replace("N", "T") + "T" * (-len(clear) % 4)
        numbers = ["TCAG".index(base) for base in padded]
        packed = bytes(a << 6 | b << 4 | c << 2 | d for a, b, c, d in np.reshape(numbers, (-1, 4)).tolist())
        blocks = struct.pack(f"<I{len(unknown)}I", len(unknown), *unknown) + struct.pack(
            f"<{len(unknown)}I", *[1] * len(unknown)
        )
        index += struct.pack("<B", len(name)) + name.encode() + struct.pack("<I", at + len(records))
        records += struct.pack("<I", len(bases)) + blocks + struct.pack("<II", 0, 0) + packed
    path = folder / "genome.2bit"
    path.write_bytes(struct.pack("<IIII", 0x1A412743, 0, len(SEQUENCES), 0) + index + records)
    return path


KINDS = [plain, indexed, bgzip, bgzip_indexed, gzipped, uneven, windows, one_line, two_bit]


@pytest.mark.parametrize("kind", KINDS)
def test_all_kinds_of_file_hold_the_same_bases(kind: Callable[[Path], Path], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = kind(tmp_path / "data")
    beside = sorted(path.parent.iterdir())
    genome = Genome(path)
    assert genome.lengths == {name: len(bases) for name, bases in SEQUENCES.items()}
    for chrom, start, end in [
        *(("chrI", at, at + 50) for at in range(-60, 200, 13)),
        *(("chrII", 0, 7), ("chrII", -2, 9), ("chr3", 59, 61), ("chr3", 10, 10), ("chr3", 100, 104)),
    ]:
        codes = genome.codes(chrom, start, end)
        assert codes.dtype == np.uint8
        assert "".join(LETTERS[codes]) == expected(chrom, start, end)
    assert sorted(path.parent.iterdir()) == beside  # nothing is written beside it


@pytest.mark.parametrize("kept", [0, 1 << 20])
def test_pieces_of_bgzip_are_joined(kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(genome_files, "_PIECE", 16)
    monkeypatch.setattr(genome_files, "_KEPT", kept)
    genome = Genome(bgzip(tmp_path))
    for start, end in [(0, 16), (3, 5), (15, 17), (16, 90), (40, 40), (0, 120)] * 2:
        codes = genome.codes("chrI", start, end)
        assert "".join(LETTERS[codes]) == expected("chrI", start, end)
        codes[:] = 4  # what is kept is not what is given away


def test_a_read_only_folder_is_enough(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = plain(tmp_path / "data")
    path.parent.chmod(0o500)
    try:
        assert len(Genome(path).codes("chrII", 0, 7)) == 7
    finally:
        path.parent.chmod(0o700)


def test_the_index_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = plain(tmp_path)
    Genome(path)
    monkeypatch.setattr(fasta_index, "fasta_pieces", lambda _: pytest.fail("read again"))
    assert list(Genome(path).lengths) == list(SEQUENCES)


@pytest.mark.parametrize("harm", ["older", "of another", "of a longer", "damaged", "empty"])
def test_an_index_that_does_not_fit_is_not_used(harm: str, tmp_path: Path) -> None:
    path = indexed(tmp_path)
    index = Path(f"{path}.fai")
    if harm == "older":
        path.write_text(fasta().replace("GATTACA", "GATTA\nC"))  # as long, and the rest where it was
        os.utime(index, ns=(0, path.stat().st_mtime_ns - 1))
    elif harm == "of another":
        path.write_text(fasta().replace("chr3", "chr4"))
    elif harm == "of a longer":
        path.write_text(fasta() + ">more\nACGT\n")
    else:
        index.write_text("chrI\tno\n" if harm == "damaged" else "")
    future = path.stat().st_mtime_ns + 10**9
    if harm != "older":
        os.utime(index, ns=(future, future))
    lengths = Genome(path).lengths
    text = path.read_text().split(">")[1:]
    assert lengths == {
        part.split()[0]: len("".join(part.split("\n")[1:])) for part in text if "".join(part.split("\n")[1:])
    }


def test_a_damaged_cache_is_made_again(tmp_path: Path) -> None:
    for path in (plain(tmp_path), gzipped(tmp_path)):
        Genome(path)
        for file in (tmp_path / "cache").rglob("*"):
            if file.is_file():
                file.write_bytes(b"damaged")
        assert "".join(LETTERS[Genome(path).codes("chrII", 0, 7)]) == "GATTACA"


WRONG = {
    b"": "it holds no sequences; give a FASTA",
    b">": "it holds no sequences",
    b"chrom\tstart\tend\n": "line 1: a FASTA file starts with a line `>name`",
    b">a\nACGT\n>b\nAC\n>a\nGG\n": "line 5: the name a occurs twice",
    b">a\nACGT\n>\nAC\n": "line 3: a sequence has no name after `>`",
    b">a\nACGT\nAC\nACEGT\n": "line 4: a has 'E', which is no base",
    b">a\nACGT\n\xff\n": "line 3: a has 'ÿ', which is no base",
}


@pytest.mark.parametrize("content", WRONG)
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_no_fasta_is_refused(content: bytes, packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "genome.fa"
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(DataError, match=WRONG[content]):
        Genome(path)
    assert not list((tmp_path / "cache").rglob("*codes*"))


@pytest.mark.parametrize("block", [1, 2, 5, 11])
@pytest.mark.parametrize("content", WRONG)
def test_mistakes_are_found_across_pieces(
    content: bytes, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from getdsl.formats import fasta as module

    monkeypatch.setattr(module, "BLOCK", block)
    test_what_is_no_fasta_is_refused(content, False, tmp_path)
    assert "".join(LETTERS[Genome(gzipped(tmp_path)).codes("chrI", 3, 90)]) == expected("chrI", 3, 90)


@pytest.mark.parametrize("make", [bgzip, bgzip_indexed, gzipped])
def test_a_file_that_is_cut_off_is_refused(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path)
    whole = path.read_bytes()
    for size in (len(whole) - 28, len(whole) // 2):
        path.write_bytes(whole[:size])
        for index in tmp_path.glob("*.?[za]i"):
            os.utime(index)
        with pytest.raises(DataError, match="it is cut off; copy or compress it again"):
            Genome(path)
    assert not list((tmp_path / "cache").rglob("*codes*"))


def test_a_plain_file_that_is_cut_off_after_it_was_opened_is_said(tmp_path: Path) -> None:
    path = indexed(tmp_path)
    genome = Genome(path)
    with path.open("r+b") as file:
        file.truncate(100)
    with pytest.raises(DataError, match=r"chr3|it ends within"):
        genome.codes("chr3", 0, 60)


def test_a_letter_that_is_no_base_is_found_where_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "genome.fa"
    path.write_text(">a\nACGT!CGT\n")
    pysam.faidx(str(path))
    genome = Genome(path)
    assert "".join(LETTERS[genome.codes("a", 0, 4)]) == "ACGT"
    with pytest.raises(DataError, match="a has a letter at 4 that is no base"):
        genome.codes("a", 2, 8)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"it cannot be read \(No such file or directory\); give the genome's"
    ):
        Genome(tmp_path / "no.fa")


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    for path in (plain(tmp_path), gzipped(tmp_path)):
        with pytest.raises(DataError, match="set XDG_CACHE_HOME to a folder that can be written"):
            Genome(path)


def test_two_bit_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = two_bit(tmp_path)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DataError, match="cannot be read"):
        Genome(path)
    monkeypatch.setitem(__import__("sys").modules, "twobitreader", None)
    with pytest.raises(DataError, match=r"pip install 'getdsl\[twobit\]'"):
        Genome(path)


def test_bases_are_those_of_pyfaidx(tmp_path: Path) -> None:
    pyfaidx = pytest.importorskip("pyfaidx")
    path = tmp_path / "yeast.fa"
    with gzip.open(YEAST) as packed, path.open("wb") as file:
        shutil.copyfileobj(packed, file)
    peer, genomes = pyfaidx.Fasta(str(path)), [Genome(path), Genome(YEAST)]
    draw = np.random.default_rng(0)
    for chrom in genomes[0].lengths:
        start = int(draw.integers(0, genomes[0].lengths[chrom] - 500))
        letters = peer[chrom][start : start + 500].seq.upper()
        for genome in genomes:
            assert "".join(LETTERS[genome.codes(chrom, start, start + 500)]) == letters
