"""Whatever is done to a file, its reader reads it or says a sentence: files are damaged by chance."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pysam
import pytest

from getdsl.data import derived
from getdsl.data.errors import DataError
from getdsl.data.genome import Genome
from getdsl.data.readers.signal import Signal
from getdsl.data.regions.genes import Genes
from getdsl.data.regions.regions import Regions
from getdsl.formats.bigwig import write_bigwig
from tests.data.reading import context_of, read

FASTA = (">chrI x\n" + f"{'ACGTN' * 12}\n" * 50).encode()
BED = b"chrI\t10\t20\tx\t5\t+\nchrI\t30\t40\ty\t5\t-\n" * 20
GTF = b'chrI\tx\tgene\t5\t9\t.\t+\t.\tgene_id "G1";\nchrI\tx\tgene\t15\t19\t.\t-\t.\tgene_id "G2";\n'
BEDGRAPH = b"chrI\t0\t5\t1.5\nchrI\t5\t9\t2\n"
PUT = (b"\t", b"\n", b"-1", b"99999999999", b"\xff", b" ", b"NaN", b"", b">", b'"')


def bigwig(folder: Path) -> bytes:
    write_bigwig(folder / "whole.bw", {"chrI": 3000}, [("chrI", at, at + 2, 1.5) for at in range(0, 2700, 3)])
    return (folder / "whole.bw").read_bytes()


def bgzip(folder: Path) -> bytes:
    (folder / "whole.fa").write_bytes(FASTA)
    pysam.tabix_compress(str(folder / "whole.fa"), str(folder / "whole.fa.gz"), force=True)
    return (folder / "whole.fa.gz").read_bytes()


def signal(path: str) -> None:
    context = context_of([("chrI", 0, 2000, 1), ("chrI", 100, 200, -1)], ("chrI",))
    read(Signal(files=path, length=50), context)
    read(Signal(files=path, reduce="sum"), context)


def bases(path: str) -> None:
    genome = Genome(path)
    for chrom, length in list(genome.lengths.items())[:3]:
        genome.codes(chrom, 0, length)


KINDS: dict[str, tuple[Callable[[Path], bytes], Callable[[str], Any]]] = {
    "bigWig": (bigwig, signal),
    "bedGraph": (lambda _: BEDGRAPH, signal),
    "FASTA": (lambda _: FASTA, bases),
    "bgzip": (bgzip, bases),
    "gzip": (lambda _: gzip.compress(FASTA), bases),
    "BED": (lambda _: BED, lambda path: Regions(files=path).table(None, {})),
    "packed BED": (lambda _: gzip.compress(BED), lambda path: Regions(files=path).table(None, {})),
    "GTF": (lambda _: GTF, lambda path: Genes(annotation=path).table(None, {})),
}


def damaged(content: bytes, draw: np.random.Generator) -> bytes:
    found = bytearray(content)
    for _ in range(int(draw.integers(1, 4))):
        early = draw.random() < 0.4
        at = int(draw.integers(0, max(1, min(len(found), 80 if early else len(found)))))
        match int(draw.integers(0, 4)):
            case 0 if at < len(found):
                found[at] = int(draw.integers(0, 256))
            case 1:
                found = found[:at]
            case 2:
                found[at:at] = draw.integers(0, 256, int(draw.integers(1, 9))).astype(np.uint8).tobytes()
            case _:
                found[at : at + int(draw.integers(1, 9))] = PUT[int(draw.integers(0, len(PUT)))]
    return bytes(found)


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_said(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "cache_folder", lambda: tmp_path / "cache")
    make, use = KINDS[kind]
    content = make(tmp_path)
    draw = np.random.default_rng(sum(kind.encode()))
    path = tmp_path / "file"
    path.write_bytes(content)
    use(str(path))  # unharmed it is read
    said = 0
    for number in range(60):
        path.write_bytes(damaged(content, draw))
        os.utime(path, ns=(0, 10**18 + number))  # else the cache may take it for the one before
        with suppress(DataError):
            use(str(path))
            said -= 1
        said += 1
    assert said > 20


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_said(kind: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "device").symlink_to("/dev/zero")
    use = KINDS[kind][1]
    for name in ("pipe", "folder", "device", "nothing"):
        with pytest.raises(DataError, match=r"it is a (pipe|folder|device)|[Nn]o such file"):
            use(str(tmp_path / name))
