"""Two processes of torchrun train as one does."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from safetensors.torch import load_file
from torch.testing import assert_close

from getdsl.runs.opened.options import Options
from getdsl.runs.predict.predict import predict
from getdsl.runs.predict.wanted import Wanted
from tests.processes import ROOT, SAME_BITS
from tests.runs.conftest import TIMES
from tests.runs.ranks import both
from tests.runs.ranks.cases import CASES, write_cases

LOOPBACK = {"MASTER_ADDR": "127.0.0.1", "GLOO_SOCKET_IFNAME": "lo", "PYTHONPATH": str(ROOT)}
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "--rdzv-backend", "c10d"]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cases")
    write_cases(folder)
    return folder


@pytest.fixture(scope="module")
def two(cases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where two processes wrote their runs."""
    out = tmp_path_factory.mktemp("two")
    done = subprocess.run(
        [*TORCHRUN, "-m", "tests.runs.ranks.both", str(cases), str(out)],
        env={**os.environ, **LOOPBACK, **SAME_BITS},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return out


def history(folder: Path) -> list[dict[str, float]]:
    with (folder / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: float(value) for name, value in row.items() if name not in TIMES} for row in rows]


def metrics(folder: Path) -> Any:
    return json.loads((folder / "metrics.json").read_text())["model"]


@pytest.mark.parametrize("name", CASES)
def test_two_processes_repeat_one(name: str, cases: Path, two: Path, tmp_path: Path) -> None:
    both.run(cases / f"{name}.get", tmp_path / name, *CASES[name][1])
    assert len(history(two / name)) == 2
    for one, other in zip(history(tmp_path / name), history(two / name), strict=True):
        assert other == pytest.approx(one, rel=1e-5, nan_ok=True)
    assert metrics(two / name) == pytest.approx(metrics(tmp_path / name), rel=1e-4, nan_ok=True)
    weights, wanted = (load_file(folder / name / "weights.safetensors") for folder in (two, tmp_path))
    for key, value in wanted.items():
        assert_close(weights[key], value, rtol=1e-4, atol=1e-6)
    tables = [(folder / name / "predictions.tsv").read_text().splitlines() for folder in (two, tmp_path)]
    ids = [[row.rsplit("\t", 2)[0] for row in table] for table in tables]
    assert ids[0] == ids[1], "the samples are in their order"


def test_what_is_broken_off_goes_on_as_it_was(two: Path) -> None:
    """With dropout, from the middle of an epoch: the generators of both processes are kept."""
    assert history(two / "resumed") == history(two / "whole")
    assert metrics(two / "resumed") == metrics(two / "whole")
    files = [(two / name / "weights.safetensors").read_bytes() for name in ("resumed", "whole")]
    assert files[0] == files[1]


def test_parts_of_the_model_train_as_the_whole(two: Path) -> None:
    for one, other in zip(history(two / "whole"), history(two / "shared"), strict=True):
        assert other == pytest.approx(one, rel=1e-5)
    assert metrics(two / "shared") == pytest.approx(metrics(two / "whole"), rel=1e-4)


def test_predictions_of_two_are_those_of_one(two: Path, tmp_path: Path) -> None:
    predict(two / "uneven", tmp_path / "one.zarr", Wanted("all"), Options(threads=1, device="cpu"))
    one, other = (zarr.open_group(path, mode="r") for path in (tmp_path / "one.zarr", two / "uneven.zarr"))
    assert other["outputs/signal"].shape == (160,)
    np.testing.assert_allclose(other["outputs/signal"][:], one["outputs/signal"][:], rtol=1e-5)
    assert list(other["samples/name"][:]) == list(one["samples/name"][:])
    assert (two / "uneven.0").read_text() == "[True, False]"
    assert (two / "uneven.1").read_text() == "[False, False]"


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_interpretations_scores_and_tables_of_two_are_those_of_one(two: Path) -> None:
    """Pieces are whole, so that the files are the same to the byte; figures of shared batches nearly."""
    shared, alone = tree(two / "shared_work"), tree(two / "lone_work")
    assert shared == alone
    assert {"s.tsv", "i.zarr/zarr.json"} < shared.keys()
    table = shared["s.tsv"].decode().splitlines()
    assert len(table) == 31
    assert any("no region" in row for row in table)
    names = ("shared_work.0", "shared_work.1", "lone_work.0")
    found = [json.loads((two / f"{name}.json").read_text()) for name in names]
    assert [pieces for _, _, pieces in found] == [3, 3, 6]
    for rows, report, _ in found[:2]:
        assert report["model"] == pytest.approx(found[2][1]["model"], rel=1e-4)
        for row, wanted in zip(rows, found[2][0], strict=True):
            texts = {name: value for name, value in wanted.items() if isinstance(value, str)}
            assert row.items() >= texts.items()
            numbers = {name: value for name, value in wanted.items() if name not in texts}
            assert {name: row[name] for name in numbers} == pytest.approx(numbers, rel=1e-4)


def test_other_data_are_refused_by_the_first(two: Path) -> None:
    assert "process 1 on" in (said := (two / "said.0").read_text())
    assert "does not see the data" in said
    assert (two / "said.1").read_text() == "SystemExit(0)"
    assert not (two / "other").exists()
