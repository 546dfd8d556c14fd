"""Batches of a store are those of the files, bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from getdsl.data.declared import DeclaredData
from getdsl.data.draws import Draws
from getdsl.data.store import layout
from getdsl.runs.opened.samples import split_source
from getdsl.runs.opened.strands import mix_strands
from getdsl.runs.preparing.prepare import prepare
from getdsl.trust import Trust
from tests.data.store.files import BATCH, OF_CELLTYPES, WINDOWS, opened, spec_of, write_files

Pair = tuple[DeclaredData, DeclaredData]


@pytest.fixture(scope="module", params=["regions", "windows of cell types"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The same data, read from files and from a store of several shards."""
    folder = tmp_path_factory.mktemp("both")
    write_files(folder)
    spec = (
        spec_of(folder, BATCH.format(length=40))
        if request.param == "regions"
        else spec_of(folder, OF_CELLTYPES, WINDOWS)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "_SHARD_ROWS", 16)
        patch.setattr(layout, "_CHUNK_BYTES", 300)
        prepare(spec, folder / "batches.zarr", trust=Trust(everything=True))
        assert (folder / "batches.zarr/batch/sequence/c.5.0").exists()
        yield opened(spec, direct=True), opened(spec)


def assert_same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    for key, value in one.items():
        assert value.dtype == other[key].dtype, key
        assert torch.equal(value, other[key]), key


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32),
    epoch=st.integers(0, 1000),
    numbers=st.lists(st.integers(0, 10**6), min_size=1, max_size=12),
)
def test_batches_are_equal(both: Pair, seed: int, epoch: int, numbers: list[int]) -> None:
    direct, stored = both
    indices = np.array(numbers, np.int64) % len(direct)
    draws = Draws.of(seed, epoch, indices)
    batches = []
    for source in (direct, stored):
        batch = source.batch(indices, draws)
        batches.append(mix_strands(batch, source.reverse_complement, torch.from_numpy(draws.flips)))
    assert_same(*batches)
    assert_same(direct.batch(indices), stored.batch(indices))


def test_the_same_samples_of_all_splits(tmp_path: Path) -> None:
    write_files(tmp_path)
    spec = spec_of(tmp_path, BATCH.format(length=40))
    prepare(spec, tmp_path / "batches.zarr")
    direct, stored = opened(spec, direct=True), opened(spec)
    for name in ("train", "validation", "test"):
        indices, again = (getattr(split_source(spec, source), name) for source in (direct, stored))
        assert len(indices)
        assert np.array_equal(indices, again)
        assert_same(direct.batch(indices), stored.batch(indices))
    assert all(np.array_equal(direct.table[name], stored.table[name]) for name in direct.table)


def test_files_are_not_opened_that_the_store_stands_for(both: Pair) -> None:
    _, stored = both
    for reader in stored.readers.values():
        assert not {"_tracks", "_genome", "_values", "opened"} & vars(reader).keys()


def test_the_fingerprint_does_not_tell_them_apart(both: Pair) -> None:
    direct, stored = both
    assert direct.fingerprint() == stored.fingerprint()


def test_a_stored_source_is_pickled_without_what_it_mapped(both: Pair) -> None:
    import pickle

    _, stored = both
    batch = stored.batch(np.arange(len(stored)))
    assert_same(batch, pickle.loads(pickle.dumps(stored)).batch(np.arange(len(stored))))
