"""What stands in a store: any zarr reader reads it, and shards are rows one after the other."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from getdsl.compiler.spec import Spec
from getdsl.data.store import layout
from getdsl.data.store.layout import ArrayLayout
from getdsl.data.store.shard import map_shard, write_shard
from getdsl.runs.preparing.prepare import prepare
from tests.data.store.files import opened

LAYOUTS = st.builds(
    ArrayLayout,
    st.just("key"),
    st.integers(1, 50_000),
    st.lists(st.integers(1, 400), max_size=2).map(tuple),
    st.sampled_from([np.dtype("u1"), np.dtype("<f4"), np.dtype("<i8")]),
    st.none() | st.integers(1, 3),
)


@given(LAYOUTS)
def test_shards_cover_each_row_once_and_are_bounded(array: ArrayLayout) -> None:
    assert array.shard_rows % array.chunk_rows == 0
    assert array.shard_rows <= max(layout._SHARD_ROWS, array.chunk_rows)
    assert array.shard_rows * array.row_bytes <= max(layout._SHARD_BYTES, array.row_bytes)
    shards = list(array.shards())
    assert [shard.number for shard in shards] == list(range(len(shards)))
    for celltype in range(array.celltypes or 1):
        own = [shard for shard in shards if shard.celltype == celltype]
        assert [shard.first for shard in own] == [0, *(shard.end for shard in own[:-1])]
        assert own[-1].end == array.rows
    assert len({shard.name for shard in shards}) == len(shards)


@pytest.mark.parametrize("celltypes", [None, 2])
@pytest.mark.parametrize("rows", [1, 7, 8, 20])
def test_what_is_written_zarr_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, celltypes: int | None
) -> None:
    monkeypatch.setattr(layout, "_SHARD_ROWS", 8)
    monkeypatch.setattr(layout, "_CHUNK_BYTES", 50)
    array = ArrayLayout("key", rows, (3, 2), np.dtype("<f4"), celltypes)
    values = np.arange(math.prod(array.shape), dtype=np.float32).reshape(array.shape) + 1
    store = zarr.create_array(
        tmp_path / "batch/key",
        shape=array.shape,
        dtype=array.dtype,
        chunks=array.chunk_shape,
        shards=array.shard_shape,
        compressors=None,
        chunk_key_encoding={"name": "default", "separator": "."},
    )
    for shard in array.shards():
        part = (values if celltypes is None else values[shard.celltype])[shard.first : shard.end]
        write_shard(shard.path(tmp_path), shard, [part[:1], part[1:]])
        assert np.array_equal(map_shard(shard.path(tmp_path), shard), part)
    assert np.array_equal(store[...], values)


def test_a_store_is_a_zarr_group(small: Spec, tmp_path: Path) -> None:
    done = prepare(small, tmp_path / "batches.zarr")
    direct = opened(small, direct=True)
    group = zarr.open_group(done.path, mode="r")
    assert group.attrs["complete"] is True
    assert group.attrs["sha256"] == done.sha256
    for key, reader in direct.readers.items():
        wanted = reader.read(direct.places(np.arange(len(direct))))
        found = group[f"batch/{key}"][...]
        assert found.dtype == wanted.dtype
        assert np.array_equal(found, wanted), key
    table = direct.regions
    assert group["regions/start"][...].tolist() == table.start.tolist()
    assert group["regions/chrom"][...].tolist() == [table.chromosomes[number] for number in table.chrom]
    assert group["regions/name"][...].tolist() == table.name.tolist()
    assert group["regions/columns/score"][...].tolist() == table.columns["score"].tolist()
    assert list(done.path.rglob(".*")) == []


def test_no_path_stands_in_a_store(small: Spec, tmp_path: Path) -> None:
    done = prepare(small, tmp_path / "batches.zarr")
    texts = [path.read_text() for path in done.path.rglob("zarr.json")]
    assert not [text for text in texts if str(tmp_path) in text]
