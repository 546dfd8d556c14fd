"""A run that was broken off and went on ends as one that was not."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from getdsl.diagnostics import UserError
from getdsl.runs.process.signals import Interrupted
from getdsl.runs.run_folder.checkpoint import BEST, LAST, read_checkpoint
from getdsl.runs.training.lightning_module import SpecModule
from tests.processes import SAME_BITS, python
from tests.runs.conftest import TIMES, write_small

BATCHES = 5  # of an epoch: 80 training samples in batches of 16


def figures(folder: Path) -> Any:
    return json.loads((folder / "metrics.json").read_text())


def history(folder: Path) -> list[dict[str, str]]:
    """The rows, without what differs from run to run."""
    with (folder / "history.csv").open() as file:
        return [
            {key: value for key, value in row.items() if key not in TIMES} for row in csv.DictReader(file)
        ]


class CrashError(Exception):
    pass


def crash_after(batches: int, monkeypatch: pytest.MonkeyPatch, of: type[SpecModule] = SpecModule) -> None:
    """Makes the next batch after so many raise."""
    step = of.training_step
    left = [batches]

    def failing(self: SpecModule, batch: Any, index: int) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise CrashError
        return step(self, batch, index)

    monkeypatch.setattr(of, "training_step", failing)


def test_two_runs_are_equal(run: Callable[..., Any], whole: Path, tmp_path: Path) -> None:
    run(tmp_path / "again")
    assert figures(tmp_path / "again") == figures(whole)
    assert history(tmp_path / "again") == history(whole)
    assert (tmp_path / "again" / "predictions.tsv").read_text() == (whole / "predictions.tsv").read_text()


def test_another_seed_is_another_run(run: Callable[..., Any], whole: Path, tmp_path: Path) -> None:
    run(tmp_path / "other", "train.seed=1")
    assert figures(tmp_path / "other")["model"] != figures(whole)["model"]


@pytest.mark.parametrize("batches", [3, BATCHES, 2 * BATCHES + 2])
@pytest.mark.parametrize("minutes", [None, 0.0])
def test_crash_and_resume(
    batches: int,
    minutes: float | None,
    run: Callable[..., Any],
    whole: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With `minutes` = 0 every batch is saved, so that the run goes on within an epoch."""
    with monkeypatch.context() as patch:
        crash_after(batches, patch)
        with pytest.raises(CrashError):
            run(tmp_path / "run", checkpoint_minutes=minutes)
    if minutes is not None:
        position = read_checkpoint(tmp_path / "run" / LAST).training["position"]
        assert position["step"] == batches
    run(tmp_path / "run", resume=True)
    assert figures(tmp_path / "run") == figures(whole)
    assert history(tmp_path / "run") == history(whole)


def test_resume_between_accumulated_batches(
    small: Path, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradients that wait for their step are in no checkpoint: it is written after one."""
    settings = ("train.accumulate=2", "train.epochs=2")
    run(tmp_path / "whole", *settings)
    with monkeypatch.context() as patch:
        crash_after(3, patch)
        with pytest.raises(CrashError):
            run(tmp_path / "run", *settings, checkpoint_minutes=0.0)
    assert read_checkpoint(tmp_path / "run" / LAST).training["position"]["step"] == 2
    run(tmp_path / "run", *settings, resume=True)
    assert figures(tmp_path / "run") == figures(tmp_path / "whole")
    assert history(tmp_path / "run") == history(tmp_path / "whole")


RESUMED = """
import sys
from getdsl.cli import main
from getdsl.runs.training import train

train.draw_pictures = lambda *_: None  # they take longer than the training
spec, epochs, killed, whole = sys.argv[1:]
for folder, option in ((killed, "--resume"), (whole, "--quiet")):
    command = ["train", spec, "-o", folder, "--set", epochs, "--threads", "1", "--device", "cpu", option]
    assert main(command) == 0
"""


def test_sigkill_and_resume(small: Path, tmp_path: Path) -> None:
    """One process is killed, another goes on: the bits that docs/checkpoints.md promises."""
    epochs = "train.epochs=30"
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    command = ["train", small, "-o", killed, "--set", epochs, "--threads", "1", "--device", "cpu"]
    process = subprocess.Popen(
        [sys.executable, "-m", "getdsl", *map(str, command), "--checkpoint-minutes", "0.001"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, **SAME_BITS},
    )
    deadline = time.monotonic() + 60
    while not (killed / LAST).exists():
        assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (killed / "metrics.json").exists()
    python(RESUMED, small, epochs, killed, whole)
    assert figures(killed) == figures(whole)
    assert history(killed) == history(whole)
    assert (killed / "weights.safetensors").read_bytes() == (whole / "weights.safetensors").read_bytes()


def test_ctrl_c_saves_and_says_how_to_go_on(
    run: Callable[..., Any], whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = SpecModule.training_step

    def interrupted(self: SpecModule, batch: Any, index: int) -> Any:
        if self.position.step == BATCHES + 1:
            os.kill(os.getpid(), signal.SIGINT)
        return step(self, batch, index)

    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        patch.setattr(SpecModule, "training_step", interrupted)
        with pytest.raises(Interrupted):
            run(tmp_path / "run")
    assert signal.getsignal(signal.SIGINT) is before
    assert read_checkpoint(tmp_path / "run" / LAST).training["position"]["step"] == BATCHES + 2
    run(tmp_path / "run", resume=True)
    assert figures(tmp_path / "run") == figures(whole)


def test_resume_of_nothing_starts(run: Callable[..., Any], whole: Path, tmp_path: Path) -> None:
    run(tmp_path / "new", resume=True)
    assert figures(tmp_path / "new") == figures(whole)


def test_resume_of_a_finished_run_measures_again(run: Callable[..., Any], tmp_path: Path) -> None:
    run(tmp_path / "run", "train.epochs=1")
    before = (tmp_path / "run" / BEST).stat().st_mtime_ns
    (tmp_path / "run" / "metrics.json").unlink()
    run(tmp_path / "run", "train.epochs=1", resume=True)
    assert (tmp_path / "run" / "metrics.json").exists()
    assert (tmp_path / "run" / BEST).stat().st_mtime_ns == before


def test_resume_of_an_earlier_getdsls_run(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "last.ckpt").write_bytes(b"PK")
    with pytest.raises(UserError, match="is a checkpoint of an earlier getdsl"):
        run(tmp_path / "run", resume=True)
    assert [item.name for item in (tmp_path / "run").iterdir()] == ["last.ckpt"]


def test_folder_that_holds_a_run(run: Callable[..., Any], tmp_path: Path) -> None:
    run(tmp_path / "run", "train.epochs=1")
    with pytest.raises(UserError, match="already holds a run") as refused:
        run(tmp_path / "run", "train.epochs=1")
    assert "--resume" in (refused.value.help or "")
    assert "--overwrite" in (refused.value.help or "")
    with pytest.raises(UserError, match="absent"):
        run(tmp_path / "run", "data.regions.files=absent.tsv", overwrite=True)
    assert len(history(tmp_path / "run")) == 1  # what cannot begin takes nothing away
    run(tmp_path / "run", "train.epochs=2", overwrite=True)
    assert len(history(tmp_path / "run")) == 2


def test_resume_refuses_another_spec(run: Callable[..., Any], whole: Path) -> None:
    with pytest.raises(UserError, match=r"`train.batch_size` was 16 and is 8"):
        run(whole, "train.batch_size=8", resume=True)


def test_resume_takes_another_layout_of_the_same_spec(
    small: Path, run: Callable[..., Any], tmp_path: Path
) -> None:
    log = StringIO()
    run(tmp_path / "run", "train.epochs=1")
    copy = small.with_name("copy.get")
    copy.write_text("# a note\n" + small.read_text().replace("\n\n", "\n\n\n"), encoding="utf-8")
    run(tmp_path / "run", "train.epochs=1", spec=copy, resume=True, log=log)
    assert log.getvalue() == ""


def test_resume_refuses_other_data(small: Path, run: Callable[..., Any], tmp_path: Path) -> None:
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
    write_small(tmp_path / "a")
    spec = tmp_path / "a" / "small.get"
    spec.write_text(small.read_text(), encoding="utf-8")
    run(tmp_path / "run", "train.epochs=1", spec=spec)
    other = write_small(tmp_path / "b", start=np.arange(160))
    (tmp_path / "a" / "small.tsv").rename(tmp_path / "a" / "old.tsv")
    other.rename(tmp_path / "a" / "small.tsv")
    with pytest.raises(UserError, match="the data are not those of the run"):
        run(tmp_path / "run", "train.epochs=1", spec=spec, resume=True)
