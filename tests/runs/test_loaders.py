"""The same samples in the same order, whoever reads them."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lightning.pytorch import Trainer
from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter

from getdsl.runs.evaluation.report import Report
from getdsl.runs.fitting.position import Position
from getdsl.runs.loading.batches import WHOLE, Order
from getdsl.runs.loading.data_module import SpecData
from getdsl.runs.opened.samples import open_source
from getdsl.runs.opened.strands import Batch
from getdsl.runs.ranks.sharing import Process
from getdsl.runs.run_folder.identity import identity
from tests.runs.conftest import TIMES, checked

ROOT = Path(__file__).parents[2]


def data_of(
    small: Path, *settings: str, position: Position | None = None, context: str | None = None
) -> SpecData:
    spec = checked(small, *settings).spec
    assert spec is not None
    return SpecData(spec, spec.train, open_source(spec), position or Position(), context)


def assert_same(some: list[Batch], others: list[Batch]) -> None:
    assert len(some) == len(others)
    for one, other in zip(some, others, strict=True):
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_workers_read_what_the_run_itself_reads(small: Path, context: str) -> None:
    alone = data_of(small)
    several = data_of(small, "data.num_workers=2", context=context)
    processes = set()
    for epoch, batch in ((0, 0), (1, 2)):
        for data in (alone, several):
            data.position.epoch, data.position.batch, data.position.stage_batch = epoch, batch, batch
        whole = list(alone.train_dataloader())
        assert len(whole) == len(several.train_dataloader()) == alone.batches_per_epoch - batch
        assert_same(whole, list(several.train_dataloader()))
        workers = several.train_dataloader()._iterator._workers  # type: ignore[union-attr]
        processes.add(tuple(worker.pid for worker in workers))
    assert len(processes) == 1, "workers are started once a run"
    if context == "fork":  # it takes a second to spawn one
        assert_same(list(alone.val_dataloader()), list(several.val_dataloader()))


def test_reading_a_batch_imports_no_lightning() -> None:
    code = "import sys, getdsl.runs.loading.batches; assert not {'lightning', 'zarr'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_training_is_the_same_with_workers(
    run: Callable[..., Report], whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    start = _MultiProcessingDataLoaderIter.__init__

    def counted(self: object, loader: object) -> None:
        started.append(loader)
        start(self, loader)

    monkeypatch.setattr(_MultiProcessingDataLoaderIter, "__init__", counted)
    run(tmp_path / "run", "data.num_workers=2")
    assert len(started) == 3, "once for training, for validation, and for the test set"
    for name in ("history.csv", "weights.safetensors"):
        found, wanted = (read(folder / name) for folder in (tmp_path / "run", whole))
        assert found == wanted, name


def test_how_batches_are_read_makes_no_other_run(small: Path) -> None:
    specs = [checked(small, *settings).spec for settings in ([], ["data.num_workers=2", "data.store=x.zarr"])]
    assert specs[0] is not None
    assert specs[1] is not None
    assert identity(specs[0]) == identity(specs[1])


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_memory_is_pinned_on_a_gpu_alone(small: Path, device: str) -> None:
    data = data_of(small)
    strategy = SimpleNamespace(root_device=torch.device(device))
    data.trainer = cast(Trainer, SimpleNamespace(strategy=strategy))
    assert data.train_dataloader().pin_memory == data.val_dataloader().pin_memory == (device == "cuda")


def read(path: Path) -> object:
    """A file, without how long an epoch took."""
    if path.suffix != ".csv":
        return path.read_bytes()
    with path.open(newline="") as file:
        return [
            {name: text for name, text in row.items() if name not in TIMES} for row in csv.DictReader(file)
        ]


def test_the_rest_of_an_epoch_with_workers(small: Path) -> None:
    whole = list(data_of(small, position=Position(epoch=3)).train_dataloader())
    rest = data_of(small, "data.num_workers=2", position=Position(epoch=3, batch=2, stage_batch=2))
    assert_same(whole[2:], list(rest.train_dataloader()))


# -- several processes that train together


@given(samples=st.integers(1, 200), size=st.integers(1, 20), world=st.integers(1, 5), seed=st.integers(0, 9))
def test_ranks_read_each_sample_once_in_the_order_of_one(
    samples: int, size: int, world: int, seed: int
) -> None:
    for part in Order(np.arange(samples), size, seed).parts(epoch=4):
        ranks = [Process(rank, world) for rank in range(world)]
        assert np.concatenate([rank.own(part) for rank in ranks]).tolist() == part.tolist()
        shares = [rank.share(part) for rank in ranks]
        assert all(len(share) for share in shares)
        assert max(map(len, shares)) - min(map(len, shares)) <= 1
        if len(part) >= world:
            assert np.concatenate(shares).tolist() == part.tolist()


def put_together(ranks: list[list[Batch]]) -> list[Batch]:
    """The batches that ranks shared out, each of which says how many samples that are."""
    together = []
    for shares in zip(*ranks, strict=True):
        keys = shares[0].keys() - {WHOLE}
        batch = {key: torch.cat([share[key] for share in shares]) for key in keys}
        assert {int(share[WHOLE]) for share in shares} == {len(batch["sequence"])}
        together.append(batch)
    return together


def test_ranks_go_on_in_mid_epoch_where_one_stopped(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(data_of(small, position=Position(epoch=1)).train_dataloader())
    ranks = []
    for rank in range(2):
        data = data_of(small, "data.num_workers=1", position=Position(epoch=1, batch=2, stage_batch=2))
        monkeypatch.setattr(Process, "current", lambda rank=rank: Process(rank, 2))
        ranks.append(list(data.train_dataloader()))
    assert_same(whole[2:], put_together(ranks))


TWO_RANKS = """
import sys
from pathlib import Path

import torch
from lightning.pytorch import LightningModule, Trainer

from tests.runs.test_loaders import data_of


class Seen(LightningModule):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen = []

    def training_step(self, batch, index):
        self.seen.append(batch)
        return self.weight * batch["sequence"].sum()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.0)


spec, out = Path(sys.argv[1]), sys.argv[2]
module = Seen()
trainer = Trainer(
    accelerator="cpu", devices=2, strategy="ddp", max_epochs=1, logger=False, enable_checkpointing=False,
    enable_progress_bar=False, enable_model_summary=False, use_distributed_sampler=False,
    limit_val_batches=0, reload_dataloaders_every_n_epochs=1,
)
trainer.fit(module, datamodule=data_of(spec))
torch.save(module.seen, f"{out}.{trainer.global_rank}")
"""


def test_two_ranks_of_lightning_read_the_batches_of_one(small: Path, tmp_path: Path) -> None:
    script = tmp_path / "ranks.py"
    script.write_text(TWO_RANKS)
    loopback = {"MASTER_ADDR": "127.0.0.1", "GLOO_SOCKET_IFNAME": "lo", "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [sys.executable, str(script), str(small), str(tmp_path / "seen")],
        env={**os.environ, **loopback, "OMP_NUM_THREADS": "1"},
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=300,
    )
    ranks = [torch.load(tmp_path / f"seen.{rank}") for rank in range(2)]
    assert_same(list(data_of(small).train_dataloader()), put_together(ranks))
