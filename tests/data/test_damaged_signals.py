"""Fragments, alignments, tables and AnnData, damaged by chance: they are read, or a sentence is said."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pyarrow
import pyarrow.parquet
import pysam
import pytest

from getdsl.data.errors import DataError
from getdsl.data.readers.alignments import Alignments
from getdsl.data.readers.anndata import AnnData
from getdsl.data.readers.fragments import Fragments
from getdsl.data.readers.table import Table
from tests.data.made_regions import Region, context_of, read
from tests.data.test_damaged_files import damaged

anndata = pytest.importorskip("anndata")

REGIONS = [Region("chrI", 100 * at, 100 * at + 60) for at in range(20)]
NAMES = [f"{chrom}:{start}-{end}" for chrom, start, end, *_ in REGIONS]
ROWS = "".join(f"chrI\t{at}\t{at + 50}\tAAAC-{at % 3}\t1\n" for at in range(0, 2000, 7))
TABLE = "name\tx\ty\n" + "".join(f"{name}\t{at}.5\t{at}\n" for at, name in enumerate(NAMES))


def fragments(folder: Path) -> Path:
    (folder / "f.tsv").write_text(ROWS)
    return folder / "f.tsv"


def indexed(folder: Path) -> Path:
    pysam.tabix_compress(str(fragments(folder)), str(folder / "f.tsv.gz"), force=True)
    pysam.tabix_index(str(folder / "f.tsv.gz"), preset="bed", force=True)
    return folder / "f.tsv.gz"


def alignments(folder: Path, kind: str = "bam") -> Path:
    header = pysam.AlignmentHeader.from_references(["chrI"], [5000])
    path = folder / f"x.{kind}"
    with pysam.AlignmentFile(str(path), "wc" if kind == "cram" else "wb", header=header) as file:
        for at in range(0, 2000, 7):
            item = pysam.AlignedSegment(header)
            item.query_name, item.reference_name, item.reference_start, item.flag = f"r{at}", "chrI", at, 0
            item.mapping_quality, item.cigartuples, item.query_sequence = 60, [(0, 30)], "ACGTA" * 6
            file.write(item)
    pysam.index(str(path))
    return path


def h5ad(folder: Path) -> Path:
    values = np.arange(60, dtype=np.float32).reshape(3, 20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frames = {"obs": pandas.DataFrame(index=list("abc")), "var": pandas.DataFrame(index=NAMES)}
        anndata.AnnData(values, **frames).write_h5ad(folder / "x.h5ad")
    return folder / "x.h5ad"


def table(folder: Path) -> Path:
    (folder / "x.tsv").write_text(TABLE)
    return folder / "x.tsv"


def parquet(folder: Path) -> Path:
    columns = {"name": NAMES, "x": [at + 0.5 for at in range(20)]}
    pyarrow.parquet.write_table(pyarrow.table(columns), folder / "x.parquet")
    return folder / "x.parquet"


def barcodes(folder: Path) -> Path:
    (folder / "b.tsv").write_text("barcode\tcelltype\nAAAC-0\ta\nAAAC-1\tb\nAAAC-2\ta\n")
    fragments(folder)
    return folder / "b.tsv"


KINDS: dict[str, tuple[Callable[[Path], Path], Callable[[str], Any]]] = {
    "fragments": (fragments, lambda path: Fragments(files=path)),
    "indexed": (indexed, lambda path: Fragments(files=path)),
    "BAM": (alignments, lambda path: Alignments(files=path, paired=False)),
    "CRAM": (lambda folder: alignments(folder, "cram"), lambda path: Alignments(files=path, paired=False)),
    "h5ad": (h5ad, lambda path: AnnData(file=path)),
    "table": (table, lambda path: Table(file=path, columns=["x"])),
    "Parquet": (parquet, lambda path: Table(file=path, columns="x")),
    "barcodes": (barcodes, lambda path: Fragments(files=str(Path(path).parent / "f.tsv"), barcodes=path)),
}


def use(kind: str, path: Path) -> None:
    read(KINDS[kind][1](str(path)), context_of(REGIONS, ["a", "b"], lengths={"chrI": 5000}), "a")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pysam's, as it closes a BAM
@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_said(kind: str, tmp_path: Path) -> None:
    path = KINDS[kind][0](tmp_path)
    content = path.read_bytes()
    use(kind, path)  # unharmed it is read
    draw, said = np.random.default_rng(sum(kind.encode())), 0
    for _ in range(60):
        path.write_bytes(damaged(content, draw))
        os.utime(path, (1, 1))  # the index stays the newer one
        with suppress(DataError):
            use(kind, path)
            said -= 1
        said += 1
    assert said > 15


@pytest.mark.parametrize("kind", ["indexed", "CRAM"])  # of a BAM's, HTSlib may abort the process
def test_a_damaged_index_is_said(kind: str, tmp_path: Path) -> None:
    path = KINDS[kind][0](tmp_path)
    index = next(item for item in tmp_path.iterdir() if item.suffix in (".tbi", ".bai", ".crai"))
    content, draw = index.read_bytes(), np.random.default_rng(5)
    for _ in range(40):
        index.write_bytes(damaged(content, draw))
        with suppress(DataError):
            use(kind, path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside its index"])
def test_what_is_no_file_is_said(kind: str, beside: bool, tmp_path: Path) -> None:
    path = KINDS[kind][0](tmp_path)
    if not beside:
        for index in [item for item in tmp_path.iterdir() if item.suffix in (".tbi", ".bai", ".crai")]:
            index.unlink()
    path.unlink()
    with pytest.raises(DataError, match="there is no such file"):
        use(kind, path)
    os.mkfifo(path)
    with pytest.raises(DataError, match="it is a pipe"):
        use(kind, path)
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(DataError, match="it is a device"):
        use(kind, path)
    path.unlink()
    path.mkdir()
    with pytest.raises(DataError, match=r"it is a folder|it is no AnnData file"):
        use(kind, path)
