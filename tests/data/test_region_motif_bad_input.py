"""What is wrong with a store in GET's layout is a sentence that names file, row and a mend."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from getdsl.data.errors import DataError
from getdsl.data.region_motif.region_motif import RegionMotif
from tests.golden.cases import COMMITTED

GOLDEN = COMMITTED / "dataset" / "region_motif.zarr"
ONE = {"celltypes": ["ctA"], "num_region_per_sample": 5}
Break = Callable[[Any], None]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    shutil.copytree(GOLDEN, tmp_path / "x.zarr")
    return tmp_path / "x.zarr"


def said(path: Path, **params: Any) -> str:
    with pytest.raises(DataError) as error:
        RegionMotif(path=str(path), **{**ONE, **params})
    assert str(error.value).startswith(str(path))
    return str(error.value).removeprefix(f"{path}: ")


def names(group: Any, row: int, name: str) -> None:
    group["peak_names"][row] = name


def cells(group: Any, array: str, where: Any, value: float) -> None:
    group[array][where] = value


def without(name: str) -> Break:
    def take(group: Any) -> None:
        shutil.rmtree(Path(str(group.store.root)) / name)

    return take


def again(name: str, values: Any) -> Break:
    def write(group: Any) -> None:
        without(name)(group)
        group.create_array(name, data=values)

    return write


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (
            without("peak_names"),
            "it has no `peak_names`, so it is no region data of GET; it holds atpm, data",
        ),
        (without("atpm"), "it has no `atpm`"),
        (
            without("tss/ctA"),
            "it has no expression of the cell type 'ctA', no `tss/ctA`; take it out of `celltypes`",
        ),
        (again("data", np.zeros((3, 6), "f4")), "`data` has 3 rows, and there are 165 peaks"),
        (
            again("data", np.zeros((165, 5), "f4")),
            "its `data` is 165 x 5, and its names are those of 165 peaks",
        ),
        (again("atpm/ctA", np.zeros(7, "f4")), "`atpm/ctA` has 7 rows"),
        (lambda group: names(group, 3, "chr1"), "row 3 of `peak_names`: 'chr1' is no peak; name peaks as"),
        (lambda group: names(group, 4, "chr1:5-x"), "row 4 of `peak_names`: 'chr1:5-x' is no peak"),
        (
            lambda group: names(group, 4, "chr1:9-9"),
            "row 4 of `peak_names`: 'chr1:9-9' ends before it begins",
        ),
        (
            lambda group: cells(group, "data", (2, 1), np.nan),
            "`Motif1/x` of chr1:32971-33638 (row 2) is nan; give each peak a finite number for each motif",
        ),
        (lambda group: cells(group, "atpm/ctA", 5, np.inf), "`atpm/ctA` of chr1:73438-74382 (row 5) is inf"),
        (
            lambda group: cells(group, "expression_negative/ctA", 0, np.nan),
            "`expression_negative/ctA` of chr1:20737-21399 (row 0) is nan",
        ),
        (
            lambda group: cells(group, "atpm/ctA", slice(None), 0),
            "no sample of 5 peaks: no chromosome has them together, of 0 that a cell type has at most",
        ),
    ],
)
def test_a_broken_store(store: Path, broken: Break, sentence: str) -> None:
    broken(zarr.open_group(store, mode="a"))
    assert sentence in said(store)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"celltypes": ["cta"]}, "it has no cell type 'cta'; did you mean ctA? there are: ctA, ctB, ctNoExp"),
        ({"celltypes": ["ctNoExp"]}, "it has no expression of the cell type 'ctNoExp'"),
        ({"num_region_per_sample": 500}, "no sample of 500 peaks"),
        ({"span": 10}, "no sample of 5 peaks"),
        ({"genes": "GENEE04"}, "it has no gene 'GENEE04'; did you mean GENE04? it has"),
        ({"genes": ["X*"]}, "it has no gene 'X*'"),
        ({"genes": "GENE04", "num_region_per_sample": 120}, "no gene lies among enough peaks"),
        ({"leave_out_motifs": ["Motif9"]}, "it has no motif 'Motif9'"),
        ({"leave_out_motifs": [6]}, "it has no motif number 6; its 6 motifs are counted from 0"),
    ],
)
def test_a_wrong_param(params: dict[str, Any], sentence: str) -> None:
    assert sentence in said(GOLDEN, **params)


@pytest.mark.parametrize("name", ["gene_idx_info_name", "gene_idx_info_index"])
def test_a_store_without_genes(store: Path, name: str) -> None:
    without(name)(zarr.open_group(store, mode="a"))
    assert f"it has no `{name}`, and `genes` are asked for" in said(store, genes="GENE04")


def test_genes_on_rows_that_are_not_there(store: Path) -> None:
    zarr.open_group(store, mode="a")["gene_idx_info_index"][0] = 165
    assert "its genes lie on rows 4 to 165, and it has 165 peaks" in said(store, genes="GENE04")


def test_what_is_no_store(tmp_path: Path) -> None:
    assert "there is no such folder" in said(tmp_path / "none.zarr")
    (tmp_path / "file.zarr").write_text("x")
    assert "there is no such folder" in said(tmp_path / "file.zarr")
    (tmp_path / "folder.zarr").mkdir()
    assert "it is no zarr group" in said(tmp_path / "folder.zarr")


@pytest.mark.parametrize("chunk", ["data/3.0", "peak_names/1", "atpm/ctA/2"])
def test_a_chunk_that_was_cut_off(store: Path, chunk: str) -> None:
    """A chunk that is not there at all is one of zeros: zarr leaves those out."""
    content = (store / chunk).read_bytes()
    (store / chunk).write_bytes(content[: len(content) // 2])
    assert said(store) == f"its file {chunk} was cut off; fetch or write the store again."


@pytest.mark.parametrize("chunk", ["data/c/3/0", "peak_names/c/1"])
def test_a_damaged_chunk_of_format_3(tmp_path: Path, chunk: str) -> None:
    shutil.copytree(GOLDEN.with_name("region_motif_v3.zarr"), tmp_path / "x.zarr")
    (tmp_path / "x.zarr" / chunk).write_bytes((tmp_path / "x.zarr" / chunk).read_bytes()[:40])
    assert "cannot be read" in said(tmp_path / "x.zarr")


def test_a_chunk_that_was_cut_off_since(tmp_path: Path) -> None:
    store = tmp_path / "x.zarr"
    shutil.copytree(GOLDEN.with_name("region_motif_v3.zarr"), store)
    source = RegionMotif(path=str(store), **{**ONE, "sampling_step": 1})
    for file in (store / "data" / "c").glob("*/0"):
        file.write_bytes(file.read_bytes()[:20])
    with pytest.raises(DataError, match=r"rows \d+ to \d+ of `data` cannot be read"):
        source.batch(np.arange(len(source)))
