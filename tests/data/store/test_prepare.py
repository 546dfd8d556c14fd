"""A store is the same whoever writes it, in however many goes: on the yeast files that ship."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from getdsl.compiler.check import check
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.runs.preparing.prepare import Prepared, Work, prepare
from tests.data.store.files import tree

SPEC = """
model Tiny {
    input sequence: onehot[B, L, 4]
    output y = mean(sequence, dim = [1, 2])
}
data {
    genome  = "getdsl:yeast/sacCer3_16chr.fa.gz"
    regions = Regions("places.bed")
    batch {
        sequence = Sequence(length = 40, jitter = 4)
        wide     = Sequence(length = 2000)
        cuts     = Fragments("getdsl:yeast/yeast_500k_SRR1822137.bedpe.gz")
    }
}
loss { y = MSE(y, log2(1 + batch.cuts)) }
train { epochs = 1 batch_size = 8 }
"""
REGIONS = 9000  # of which a shard holds 8192
KILLS = 10


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Spec:
    folder = tmp_path_factory.mktemp("yeast")
    starts = np.random.default_rng(5).integers(2000, 220_000, REGIONS)
    lines = [
        f"chr{('I', 'III', 'VI')[row % 3]}\t{start}\t{start + 300}\n" for row, start in enumerate(starts)
    ]
    (folder / "places.bed").write_text("".join(lines))
    (folder / "spec.get").write_text(SPEC)
    found = check(folder / "spec.get").spec
    assert found is not None
    return found


@pytest.fixture(scope="module")
def alone(spec: Spec, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The store as one process writes it in one go."""
    return prepare(spec, tmp_path_factory.mktemp("alone") / "x.zarr")


def test_it_has_several_shards(alone: Prepared) -> None:
    names = sorted(
        path.relative_to(alone.path / "batch").as_posix() for path in alone.path.glob("batch/*/c*")
    )
    assert names == ["cuts/c.0", "cuts/c.1", "sequence/c.0.0", "sequence/c.1.0", "wide/c.0.0", "wide/c.1.0"]


def test_two_workers_write_the_same_bytes(spec: Spec, alone: Prepared, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Dask's libraries warn of
        done = prepare(spec, tmp_path / "x.zarr", work=Work(workers=2))
    assert done.sha256 == alone.sha256
    assert tree(done.path) == tree(alone.path)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """The address of a scheduler on this machine, with two workers in processes of their own."""
    pytest.importorskip("distributed")
    python, file = [sys.executable, "-m", "distributed.cli"], tmp_path / "scheduler.json"
    common = {"cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = [*python[:2], "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    worker = [*python[:2], "distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard"]
    started = [subprocess.Popen([*scheduler, "--no-dashboard", "--scheduler-file", str(file)], **common)]
    started += [
        subprocess.Popen([*worker, "--host", "127.0.0.1", "--scheduler-file", str(file)], **common)
        for _ in range(2)
    ]
    try:
        for _ in range(600):
            if file.exists() and file.stat().st_size:
                break
            time.sleep(0.1)
        import json

        yield json.loads(file.read_text())["address"]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(30)


def test_a_cluster_writes_the_same_bytes(spec: Spec, alone: Prepared, cluster: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        done = prepare(spec, tmp_path / "x.zarr", work=Work(scheduler=cluster))
    assert done.sha256 == alone.sha256
    assert tree(done.path) == tree(alone.path)


def test_no_scheduler_at_an_address(spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("getdsl.runs.preparing.cluster._SECONDS_TO_CONNECT", 1)
    with pytest.raises(UserError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"):
        prepare(spec, tmp_path / "x.zarr", work=Work(scheduler="tcp://127.0.0.1:9"))


def test_without_dask_the_extra_is_named(spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match="several workers need Dask") as caught:
        prepare(spec, tmp_path / "x.zarr", work=Work(workers=2))
    assert 'pip install "getdsl[dask]"' in str(caught.value.help)


def test_killed_at_any_moment_it_goes_on(spec: Spec, alone: Prepared, tmp_path: Path) -> None:
    path, chance = tmp_path / "x.zarr", random.Random(11)
    killed = 0
    while killed < KILLS:
        killed += _killed(spec, path, chance.uniform(0, alone.seconds))
    done = prepare(spec, path)
    assert done.sha256 == alone.sha256
    assert tree(done.path) == tree(alone.path)


def _killed(spec: Spec, path: Path, seconds: float) -> bool:
    """Whether a process that prepares was killed after some seconds; else the store is taken to bits."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads, which are idle
        child = os.fork()
    if child == 0:
        try:
            prepare(spec, path)
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    for place in path.glob("batch/*/c*"):
        place.unlink()
    return False
