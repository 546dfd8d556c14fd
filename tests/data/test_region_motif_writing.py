"""A store that is written in GET's layout reads as what it was written from, and is laid out as GET's are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import zarr

from getdsl.data.errors import DataError
from getdsl.data.region_motif.genes import Genes
from getdsl.data.region_motif.peaks import Peaks
from getdsl.data.region_motif.prepare import prepare_region_motif
from getdsl.data.region_motif.region_motif import RegionMotif
from getdsl.data.region_motif.store import EXPRESSION, MotifStore
from getdsl.data.region_motif.write import ROWS, Columns, write_region_motif
from tests.golden.cases import COMMITTED

GOLDEN = COMMITTED / "dataset" / "region_motif.zarr"
FORMATS = {2: GOLDEN, 3: GOLDEN.with_name("region_motif_v3.zarr")}


def parts(size: int = 37) -> Iterator[Any]:
    data = MotifStore(GOLDEN).array("data")
    for first in range(0, data.shape[0], size):
        yield data[first : first + size]


def columns(store: MotifStore) -> dict[str, Columns]:
    found = {}
    for name in store.celltypes:
        found[name] = Columns(store.column(f"atpm/{name}"))
        if store.has(f"tss/{name}"):
            expression = np.stack([store.column(f"{strand}/{name}") for strand in EXPRESSION], axis=1)
            found[name] = replace(found[name], expression=expression, tss=store.column(f"tss/{name}"))
    return found


def written(path: Path, **others: Any) -> Path:
    """The recorded store, read and written again."""
    store = MotifStore(GOLDEN)
    rows, names, strands = store.genes()
    arguments: dict[str, Any] = {
        "peaks": store.peaks,
        "motifs": store.motifs,
        "data": parts(),
        "celltypes": columns(store),
        "genes": Genes(rows, names, np.where(strands == "-", 1, 0)),
    }
    write_region_motif(path, **{**arguments, **others})
    return path


@pytest.mark.parametrize("zarr_format", FORMATS)
@pytest.mark.parametrize("genes", [None, "*"])
def test_what_is_written_reads_as_it_was(tmp_path: Path, zarr_format: int, genes: str | None) -> None:
    path = written(tmp_path / "x.zarr", zarr_format=zarr_format)
    params: dict[str, Any] = {
        "num_region_per_sample": 10,
        "sampling_step": 3,
        "genes": genes,
        "expression": "zero",
    }
    sources = [RegionMotif(path=str(store), **params) for store in (GOLDEN, path)]
    batches = [source.batch(np.arange(len(source))) for source in sources]
    assert batches[0].keys() == batches[1].keys()
    for key, value in batches[0].items():
        assert torch.equal(value, batches[1][key]), key


@pytest.mark.parametrize("zarr_format", FORMATS)
def test_it_is_laid_out_as_gets_own(tmp_path: Path, zarr_format: int) -> None:
    path = written(tmp_path / "x.zarr", zarr_format=zarr_format)
    ours, theirs = (zarr.open_group(store, mode="r") for store in (path, FORMATS[zarr_format]))
    names = {name for name, _ in members(theirs)}
    assert {name for name, _ in members(ours)} == names
    for name, array in members(theirs):
        mine = ours[name]
        assert (mine.shape, mine.dtype, mine.metadata.zarr_format) == (array.shape, array.dtype, zarr_format)
        np.testing.assert_array_equal(mine[:], array[:], name)
        if zarr_format == 2:
            stored, wanted = (json.loads((store / name / ".zarray").read_text()) for store in (path, GOLDEN))
            shuffle = {"shuffle": 2}  # of texts it makes no difference to what is read
            assert stored["compressor"] | shuffle == wanted["compressor"] | shuffle
            assert {**stored, "chunks": 0, "compressor": 0} == {**wanted, "chunks": 0, "compressor": 0}


def members(group: Any) -> list[tuple[str, Any]]:
    return [(name, item) for name, item in group.members(max_depth=2) if isinstance(item, zarr.Array)]


def test_data_are_written_by_chunks_whatever_the_parts(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    number = 2 * ROWS + 3
    table = Peaks(("chr1",), np.zeros(number, int), np.arange(number) * 10, np.arange(number) * 10 + 5)
    data = random.random((number, 2), dtype=np.float32)
    columns = {"one": Columns(np.ones(number))}
    edges = np.sort(random.integers(0, number, 7))
    for place, pieces in enumerate(([data], list(data[:, None]), np.split(data, edges))):
        path = tmp_path / f"{place}.zarr"
        write_region_motif(path, table, ["a", "b"], iter(pieces), columns)
        array = zarr.open_group(path, mode="r")["data"]
        assert array.chunks == (ROWS, 2)
        np.testing.assert_array_equal(array[:], data)


def peaks(**changes: Any) -> Peaks:
    return replace(MotifStore(GOLDEN).peaks, **changes)


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        (
            {"peaks": peaks(start=peaks().start[::-1].copy())},
            r"chr1:\d+-25557 \(row 1\) lies before the peak above",
        ),
        ({"motifs": []}, "there are no motifs"),
        ({"celltypes": {}}, "there are no cell types"),
        ({"motifs": ["a"]}, "`data` goes on with 165 x 6 at row 0, and it has 165 x 1"),
        ({"data": iter([np.zeros((100, 6))])}, "`data` ends after row 100, and there are 165 peaks"),
        ({"data": iter([np.zeros((100, 6))] * 6)}, "`data` goes on with 500 x 6 at row 0"),
        ({"data": iter([np.full((165, 6), np.nan)])}, "`data` of row 0 is not finite"),
        ({"celltypes": {"a": Columns(np.ones(3))}}, r"atpm of 'a' has the shape \(3,\), not \(165,\)"),
        ({"celltypes": {"a": Columns(np.full(165, np.inf))}}, "`atpm/a` of row 0 is inf"),
        ({"celltypes": {"a/b": Columns(np.ones(165))}}, "the cell type 'a/b' cannot be the name of an array"),
    ],
)
def test_what_does_not_fit_is_not_written(tmp_path: Path, others: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DataError, match=f"it was not written: .*{sentence}"):
        written(tmp_path / "x.zarr", **others)
    assert list(tmp_path.iterdir()) == []


# -- of a declared batch

DECLARED = """
    regions = Regions("regions.tsv")
    batch {
        region_motif = Signal(["plus.bw", "minus.bw"], reduce = "sum")
        atpm         = Signal("plus.bw", reduce = "mean")
        exp_label    = Signal(["plus.bw", "minus.bw"], reduce = "max")
    }
"""


def test_a_declared_batch_is_written_and_reads_as_it_was(tiny: Callable[..., Any], tmp_path: Path) -> None:
    source = tiny(DECLARED)
    done: list[tuple[int, int]] = []
    number = prepare_region_motif(source, tmp_path / "x.zarr", step=lambda *step: done.append(step))
    assert number == len(source)
    assert done[-1] == (3 * number, 3 * number)
    made = RegionMotif(
        path=str(tmp_path / "x.zarr"),
        num_region_per_sample=1,
        sampling_step=1,
        normalize=False,
        drop_zero_atpm=False,
    )
    assert made.celltypes == ("all",)
    batch = made.batch(np.arange(len(made)))
    places = list(zip(made.table["chrom"], made.table["start"], made.table["end"], strict=True))
    whole, table = source.batch(np.arange(number)), source.table
    at = [places.index(place) for place in zip(table["chrom"], table["start"], table["end"], strict=True)]
    assert torch.equal(batch["region_motif"][at, 0, :-1], whole["region_motif"])
    assert torch.equal(batch["atpm"][at, 0], whole["atpm"])
    label = torch.where((whole["atpm"] < 0.05)[:, None], 0, whole["exp_label"])
    assert torch.equal(batch["exp_label"][at, 0], label)
    assert torch.equal(batch["mask"][at, 0], (whole["exp_label"] != 0).long())


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("region_motif", "motif", "the `batch` has no `region_motif`; declare `region_motif = …` in `batch`"),
        ("atpm ", "signal ", "the `batch` has no `atpm`"),
        ('Signal("plus.bw", reduce = "mean")', 'Signal("plus.bw", length = 4)', r"`atpm` has \[4\] a region"),
    ],
)
def test_a_batch_that_the_layout_does_not_hold(
    tiny: Callable[..., Any], tmp_path: Path, before: str, after: str, sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        prepare_region_motif(tiny(DECLARED.replace(before, after)), tmp_path / "x.zarr")
    assert not (tmp_path / "x.zarr").exists()
