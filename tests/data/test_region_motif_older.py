"""GET's older folder of npz, npy and csv becomes a store that reads as the folder did."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from getdsl.data.errors import DataError
from getdsl.data.region_motif.older import prepare_from_folder
from getdsl.data.region_motif.region_motif import RegionMotif

PEAKS, MOTIFS = 60, 5
ONE: dict[str, Any] = {"num_region_per_sample": 6, "sampling_step": 5, "shift": False}


class Folder:
    """A folder of two cell types: `a` has the even peaks and every third, `b` all but the first ten."""

    def __init__(self, path: Path) -> None:
        self.path = path
        random = np.random.default_rng(0)
        self.chrom = np.repeat(["chr1", "chr10", "chr2"], PEAKS // 3)
        self.start = np.tile(np.arange(PEAKS // 3) * 1000, 3)
        self.motifs = (random.random((PEAKS, MOTIFS)) * (random.random((PEAKS, MOTIFS)) > 0.3)).astype("f4")
        self.rows = {"a": np.flatnonzero((np.arange(PEAKS) % 2 == 0) | (np.arange(PEAKS) % 3 == 0))}
        self.rows["b"] = np.arange(10, PEAKS)
        self.atpm = {name: random.random(len(rows)).astype("f4") + 0.1 for name, rows in self.rows.items()}
        self.exp = {name: random.random((len(rows), 2)).astype("f4") for name, rows in self.rows.items()}
        self.tss = {name: random.random((len(rows), 2)) > 0.7 for name, rows in self.rows.items()}
        for name in self.rows:
            self.write(name)

    def write(self, name: str) -> None:
        rows = self.rows[name]
        motifs = self.motifs[rows] / self.motifs[rows].max(
            axis=0
        )  # as GET divides each cell type's by its own
        self.matrix(name, motifs)
        lines = ["index,Chromosome,Start,End"]
        lines += [
            f"{i},{self.chrom[row]},{self.start[row]},{self.start[row] + 400}" for i, row in enumerate(rows)
        ]
        table = "\n".join(lines).encode()
        if name == "a":
            (self.path / f"{name}.csv").write_bytes(table)
        else:
            (self.path / f"{name}.csv.gz").write_bytes(gzip.compress(table))
        np.save(self.path / f"{name}.exp.npy", self.exp[name])
        np.save(self.path / f"{name}.tss.npy", self.tss[name])

    def matrix(self, name: str, motifs: Any) -> None:
        whole = np.concatenate([motifs, self.atpm[name][:, None]], axis=1)
        sparse.save_npz(self.path / f"{name}.watac.npz", sparse.csr_matrix(whole))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "fetal").mkdir()
    return Folder(tmp_path / "fetal")


def test_a_store_of_a_folder_reads_as_the_folder(folder: Folder, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    names = prepare_from_folder(
        folder.path, tmp_path / "x.zarr", step=lambda done, all: steps.append((done, all))
    )
    assert names == ("a", "b")
    assert steps == [(1, 2), (2, 2)]
    for name in names:
        source = RegionMotif(path=str(tmp_path / "x.zarr"), celltypes=[name], **ONE)
        batch = {key: value.numpy() for key, value in source.batch(np.arange(len(source))).items()}
        at = {(folder.chrom[row], folder.start[row]): i for i, row in enumerate(folder.rows[name])}
        chrom = source.chromosomes.repeat(6).reshape(-1, 6)
        own = np.vectorize(lambda c, s, at=at: at[c, s])(chrom, batch["peak_coord"][..., 0])
        rows = folder.rows[name]
        wanted = folder.motifs[rows] / folder.motifs[rows].max(axis=0)
        np.testing.assert_allclose(batch["region_motif"][..., :-1], wanted[own], rtol=1e-5)
        np.testing.assert_array_equal(batch["atpm"], folder.atpm[name][own])
        np.testing.assert_array_equal(batch["exp_label"], folder.exp[name][own])
        np.testing.assert_array_equal(batch["mask"], folder.tss[name][own])


def test_some_cell_types_alone(folder: Folder, tmp_path: Path) -> None:
    assert prepare_from_folder(folder.path, tmp_path / "x.zarr", ["b"]) == ("b",)
    source = RegionMotif(path=str(tmp_path / "x.zarr"), **ONE)
    assert len(source.store.peaks) == PEAKS - 10
    assert source.celltypes == ("b",)


def test_a_cell_type_without_expression(folder: Folder, tmp_path: Path) -> None:
    (folder.path / "a.exp.npy").unlink()
    prepare_from_folder(folder.path, tmp_path / "x.zarr")
    assert len(RegionMotif(path=str(tmp_path / "x.zarr"), celltypes=["b"], **ONE))
    with pytest.raises(DataError, match="it has no expression of the cell type 'a'"):
        RegionMotif(path=str(tmp_path / "x.zarr"), **ONE)


def test_genes_of_a_folder(folder: Folder, tmp_path: Path) -> None:
    feather = pytest.importorskip("pyarrow.feather")
    pyarrow = pytest.importorskip("pyarrow")
    for name, rows in (("a", [12, 14]), ("b", [15, 13])):
        genes = {"index": rows, "gene_name": ["MYC", "SOX2"], "Strand": ["+", "-"], "more": [1, 2]}
        feather.write_feather(pyarrow.table(genes), folder.path / f"{name}.exp.feather")
    prepare_from_folder(folder.path, tmp_path / "x.zarr")
    source = RegionMotif(path=str(tmp_path / "x.zarr"), genes="*", **{**ONE, "num_region_per_sample": 2})
    assert set(source.table["name"]) == {"MYC", "SOX2"}
    rows, names, strands = source.store.genes()
    peaks = source.store.peaks
    places = {
        (name, strand, peaks.chromosomes[peaks.chrom[row]], int(peaks.start[row]))
        for row, name, strand in zip(rows, names, strands, strict=True)
    }
    wanted = {
        (gene, strand, str(folder.chrom[folder.rows[name][at]]), int(folder.start[folder.rows[name][at]]))
        for name, pair in (("a", [12, 14]), ("b", [15, 13]))
        for at, gene, strand in zip(pair, ["MYC", "SOX2"], ["+", "-"], strict=True)
    }
    assert places == wanted


def test_motifs_that_contradict_each_other(folder: Folder, tmp_path: Path) -> None:
    motifs = folder.motifs[folder.rows["b"]].copy()
    motifs[20, 3] += 0.5
    folder.matrix("b", motifs)
    with pytest.raises(DataError, match=r"b\.watac\.npz: its motifs of .* are not those.*`--celltypes b`"):
        prepare_from_folder(folder.path, tmp_path / "x.zarr")
    assert not (tmp_path / "x.zarr").exists()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"", "a.csv: it has no column Chromosome"),
        ("a.csv", b"index,Chromosome,Start\n", "a.csv: it has no column End"),
        ("a.csv", b"Chromosome,Start,End\nchr1,1,2\nchr1,1.5,9\n", "a.csv: line 3 is no peak"),
        ("a.csv", b"Chromosome,Start,End\nchr1,1,2\nchr1,1\n", "a.csv: line 3 is no peak"),
        ("a.csv", b"Chromosome,Start,End\nchr1,7,2\n", "a.csv: line 2: the peak ends before it begins"),
        (
            "a.csv",
            b"Chromosome,Start,End\nchr1,1,2\n",
            r"a.watac.npz: it is \d+ x 6, and its table has 1 peaks",
        ),
        ("a.watac.npz", b"PK\x03\x04", "a.watac.npz: it is no sparse matrix"),
        ("a.exp.npy", b"no array", "a.exp.npy: it is no array of numpy"),
        ("a.exp.feather", b"no table", "a.exp.feather: it is no table of genes"),
    ],
)
def test_a_damaged_file(folder: Folder, tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    if name.endswith("feather"):
        pytest.importorskip("pyarrow")
    (folder.path / name).write_bytes(content)
    with pytest.raises(DataError, match=sentence):
        prepare_from_folder(folder.path, tmp_path / "x.zarr")
    assert not (tmp_path / "x.zarr").exists()


def test_arrays_of_another_cell_type(folder: Folder, tmp_path: Path) -> None:
    np.save(folder.path / "a.tss.npy", folder.tss["b"])
    with pytest.raises(DataError, match=r"a\.tss\.npy: it is 50 x 2, not 40 x 2"):
        prepare_from_folder(folder.path, tmp_path / "x.zarr")


def test_what_is_no_such_folder(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path, sentence in (
        ("none", "there is no such folder"),
        ("empty", r"it holds no matrix of region data"),
    ):
        with pytest.raises(DataError, match=sentence):
            prepare_from_folder(tmp_path / path, tmp_path / "x.zarr")
    with pytest.raises(DataError, match=r"it has no cell type 'c'; there are: a, b"):
        prepare_from_folder(folder.path, tmp_path / "x.zarr", ["c"])
