"""The source `SequenceRegions`: its batches, and every way in which a data set can be wrong."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import zarr
from getdsl.data.sequence_regions import SequenceRegions

from getdsl.data.errors import DataError

Tiny = Callable[..., Path]


def test_batch_holds_one_hot_sequence_and_counts(tiny: Tiny) -> None:
    source = SequenceRegions(path=tiny(), length=8)
    batch = source.batch(np.array([2, 0]))
    assert len(source) == 6
    assert {key: (value.dtype, tuple(value.shape)) for key, value in batch.items()} == {
        "sequence": (torch.float32, (2, 8, 4)),
        "cut_sites": (torch.float32, (2,)),
    }
    assert batch["cut_sites"].tolist() == [7, 3]
    assert batch["sequence"][1, :5].tolist() == [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
        [0, 0, 0, 0],
    ]


def test_length_is_cut_around_the_centre(tiny: Tiny) -> None:
    path = tiny()
    whole = SequenceRegions(path=path, length=8).batch(np.arange(6))["sequence"]
    assert torch.equal(SequenceRegions(path=path, length=4).batch(np.arange(6))["sequence"], whole[:, 2:6])


def test_reverse_complement(tiny: Tiny) -> None:
    source = SequenceRegions(
        path=tiny(sequence=np.tile(np.array([0, 1, 2, 2, 4, 3], np.uint8), (6, 1))), length=6
    )
    batch = source.batch(np.arange(1))
    turned = source.reverse_complement(batch)
    assert turned["sequence"][0].argmax(1).tolist() == [0, 0, 1, 1, 2, 3]  # A N C C G T; argmax of N is 0
    assert turned["sequence"][0, 1].sum() == 0
    assert torch.equal(source.reverse_complement(turned)["sequence"], batch["sequence"])
    assert torch.equal(turned["cut_sites"], batch["cut_sites"])


def test_table_and_chromosomes_identify_samples(tiny: Tiny) -> None:
    source = SequenceRegions(path=tiny(), length=8)
    assert source.chromosomes.tolist() == ["chrI", "chrI", "chrII", "chrII", "chrIII", "chrIII"]
    assert {key: column[1] for key, column in source.table.items()} == {
        "name": "gene1",
        "chrom": "chrI",
        "start": 10,
        "end": 14,
        "strand": "-",
    }


def test_fingerprint_follows_the_data_not_the_length(tiny: Tiny) -> None:
    path = tiny()
    first = SequenceRegions(path=path, length=8).fingerprint()
    assert SequenceRegions(path=path, length=4).fingerprint() == first
    shutil.rmtree(path)
    assert SequenceRegions(path=tiny(strand=np.array(["+"] * 6)), length=8).fingerprint() != first


def counts(*values: float) -> np.ndarray[Any, Any]:
    return np.array(values, dtype=np.float32)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cut_sites": counts(1, 2, np.nan, 4, np.nan, 6)}, ["nan at row 2", "2 such values"]),
        ({"cut_sites": counts(1, 2, 3, np.inf, 5, 6)}, ["inf at row 3"]),
        ({"cut_sites": counts(5, 5, 5, 5, 5, 5)}, ["5.0 in every region", "nothing to learn"]),
        ({"cut_sites": counts(5, 5, -1, 5, 5, 5)}, ["-1.0", "not negative"]),
        ({"cut_sites": counts(1, 2, 3)}, ["shape (6, 8)", "N of (3,)"]),
        ({"cut_sites": np.ones((6, 2), np.float32)}, ["cut_sites has shape (6, 2)", "[N]"]),
        ({"sequence": np.zeros((6, 8), np.float32)}, ["sequence is of type float32", "uint8"]),
        ({"sequence": np.zeros((6, 8, 4), np.uint8)}, ["sequence has shape (6, 8, 4)", "[N, W]"]),
        ({"sequence": np.full((6, 8), 7, np.uint8)}, ["the code 7"]),
        ({"start": np.zeros(6)}, ["start is of type float64", "integers"]),
        ({"chrom": np.arange(6)}, ["chrom is of type int64", "text"]),
    ],
)
def test_wrong_arrays_are_said(tiny: Tiny, changes: dict[str, Any], words: list[str]) -> None:
    path = tiny(**changes)
    with pytest.raises(DataError) as caught:
        SequenceRegions(path=path, length=8)
    assert all(word in str(caught.value) for word in [str(path), *words]), str(caught.value)


def test_no_regions_at_all(tiny: Tiny) -> None:
    nothing = {name: np.array([], dtype=str) for name in ("name", "chrom", "strand")}
    empty = {name: np.zeros(0, np.int64) for name in ("start", "end")}
    path = tiny(sequence=np.zeros((0, 8), np.uint8), cut_sites=counts(), **nothing, **empty)
    with pytest.raises(DataError, match="holds no regions"):
        SequenceRegions(path=path, length=8)


@pytest.mark.parametrize(
    ("length", "words"), [(10, "8 bp that it stores"), (0, "length 0"), (5, "ask for 4 or 6")]
)
def test_wrong_lengths_are_said(tiny: Tiny, length: int, words: str) -> None:
    with pytest.raises(DataError, match=words):
        SequenceRegions(path=tiny(), length=length)


def test_an_absent_path_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such data set"):
        SequenceRegions(path=tmp_path / "absent.zarr")


def test_a_file_and_a_folder_that_are_no_zarr_are_said(tmp_path: Path) -> None:
    (tmp_path / "file.zarr").write_text("not a zarr")
    (tmp_path / "folder.zarr").mkdir()
    (tmp_path / "broken.zarr").mkdir()
    (tmp_path / "broken.zarr" / "zarr.json").write_text("{")
    zarr.create_array(tmp_path / "array.zarr", shape=(3,), dtype="f4")
    for name in ("file.zarr", "folder.zarr", "broken.zarr", "array.zarr"):
        with pytest.raises(DataError, match="not a zarr group"):
            SequenceRegions(path=tmp_path / name)


def test_another_layout_version_or_a_missing_array_is_said(tiny: Tiny) -> None:
    path = tiny()
    group = zarr.open_group(path, mode="r+")
    del group["strand"]
    with pytest.raises(DataError, match="no array strand"):
        SequenceRegions(path=path, length=8)
    group.attrs["version"] = 2
    with pytest.raises(DataError, match="version 2"):
        SequenceRegions(path=path, length=8)
    group.attrs["layout"] = "region-motif"
    with pytest.raises(DataError, match="its layout is 'region-motif'"):
        SequenceRegions(path=path, length=8)


def test_errors_are_one_sentence(tmp_path: Path) -> None:
    text = str(DataError("a.zarr", "it is wrong", "mend it"))
    assert text == "a.zarr: it is wrong; mend it."
