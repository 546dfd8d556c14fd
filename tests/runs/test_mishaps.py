"""What befalls a run while it goes on: another in its folder, NaN, signals, folders and data that vanish."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import zarr
from safetensors.torch import load_file, save_file

from getdsl.cli import main
from getdsl.diagnostics import UserError
from getdsl.runs.opened.options import Options
from getdsl.runs.predict.predict import predict
from getdsl.runs.predict.wanted import Wanted
from getdsl.runs.process.signals import ASKING, Interrupted, on_signals
from getdsl.runs.run_folder.checkpoint import BEST, LAST, Checkpoint, read_checkpoint, write_checkpoint
from getdsl.runs.run_folder.lock import NAME, _age, locked
from getdsl.runs.training.lightning_module import SpecModule
from tests.runs.conftest import SPEC, write_small

BATCHES = 5  # of an epoch

HOLDER = """
import sys, time
from pathlib import Path
from getdsl.runs.run_folder.lock import locked

with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a folder, until it is killed."""
    folder.mkdir(exist_ok=True)
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, folder], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        yield holder
    finally:
        holder.kill()
        holder.communicate()


def at_step(number: int, act: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Does something before the step of that number, counted from 0."""
    step = SpecModule.training_step

    def acting(self: SpecModule, batch: Any, index: int) -> Any:
        if self.position.step == number:
            act()
        return step(self, batch, index)

    monkeypatch.setattr(SpecModule, "training_step", acting)


# ---- the lock


def test_a_folder_in_use_is_refused_by_its_owner_and_age(run: Callable[..., Any], tmp_path: Path) -> None:
    with held(tmp_path / "run") as holder:
        about = json.loads((tmp_path / "run" / NAME).read_text())
        assert about["process"] == holder.pid
        (tmp_path / "run" / NAME).write_text(json.dumps(about | {"since": time.time() - 2 * 3600 - 5}))
        owner = f"process {holder.pid} of {about['user']} on {about['host']} trains into it, since 2 hours"
        for options in ({}, {"resume": True}, {"overwrite": True}):
            with pytest.raises(UserError, match=owner):
                run(tmp_path / "run", **options)
        assert [path.name for path in (tmp_path / "run").iterdir()] == [NAME]
    run(tmp_path / "run", "train.epochs=1")  # the lock of a process that was killed is none
    assert not (tmp_path / "run" / NAME).exists()


def test_a_lock_is_taken_once(tmp_path: Path) -> None:
    with locked(tmp_path):
        with pytest.raises(UserError, match="is in use: process"), locked(tmp_path):
            pass
        assert (tmp_path / NAME).exists()
    with locked(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_whose_owner_ends_before_it_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner takes the file away: what was opened by then locks nothing, and another is made."""
    take, gone = fcntl.flock, []

    def late(number: int, how: int) -> None:
        if not gone:
            gone.append((tmp_path / NAME).unlink())
        take(number, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with locked(tmp_path):
        assert (tmp_path / NAME).exists()
        with pytest.raises(UserError, match="is in use: process"), locked(tmp_path):
            pass


def test_a_lock_that_says_nothing_is_one_too(tmp_path: Path) -> None:
    with locked(tmp_path):
        (tmp_path / NAME).write_text("?")
        with pytest.raises(UserError, match="is in use: another process"), locked(tmp_path):
            pass


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("years of work")
    (tmp_path / NAME).symlink_to("precious")
    with pytest.raises(OSError, match="symbolic links"), locked(tmp_path):
        pass
    assert (tmp_path / "precious").read_text() == "years of work"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(5, "less than a minute"), (60, "1 minute"), (3599, "59 minutes"), (7300, "2 hours"), (90_000, "1 day")],
)
def test_ages(seconds: float, shown: str) -> None:
    assert _age(seconds) == shown


# ---- NaN


def with_nan(tensor: torch.Tensor, number: int = 1) -> torch.Tensor:
    changed = tensor.clone()
    changed.view(-1)[:number] = float("nan")
    return changed


@pytest.mark.parametrize("bad", ["hidden.weight", "head.bias"])
def test_nan_in_loaded_weights_is_refused_by_name(
    bad: str, run: Callable[..., Any], whole: Path, tmp_path: Path
) -> None:
    state = load_file(whole / "weights.safetensors")
    save_file(state | {bad: with_nan(state[bad])}, tmp_path / "w.safetensors")
    write_small(tmp_path)
    (tmp_path / "small.get").write_text(SPEC + '\nload "w.safetensors" { }\n')
    with pytest.raises(UserError, match=rf"`{bad}` holds NaN, in .*w\.safetensors") as raised:
        run(tmp_path / "run", spec=tmp_path / "small.get")
    assert "`drop`" in str(raised.value.help)
    assert not (tmp_path / "run").exists()


def test_infinity_in_a_file_may_be_meant(run: Callable[..., Any], whole: Path, tmp_path: Path) -> None:
    from getdsl.compiler.lower.finite import holding_nan

    state = {"a": torch.tensor([float("-inf")]), "b": torch.tensor([1]), "c": torch.tensor([float("nan")])}
    assert holding_nan(state) == ["c"]


def test_nan_in_a_checkpoint_is_refused_by_name(whole: Path, tmp_path: Path) -> None:
    best = read_checkpoint(whole / BEST)
    weights = {name: tensor.clone() for name, tensor in best.weights.items()}
    weights["head.weight"] = with_nan(weights["head.weight"])
    write_checkpoint(tmp_path / "bad.safetensors", Checkpoint(best.record, weights))
    with pytest.raises(UserError, match=r"bad\.safetensors` holds NaN in `head\.weight`"):
        predict(tmp_path / "bad.safetensors", tmp_path / "p", options=Options(threads=1, device="cpu"))


def test_nan_in_predictions_is_counted_and_told(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    step = SpecModule.predict_step

    def broken(self: SpecModule, batch: Any, index: int) -> Any:
        outputs = step(self, batch, index)
        return outputs | {"signal": with_nan(outputs["signal"], 2)}  # of each batch

    monkeypatch.setattr(SpecModule, "predict_step", broken)
    arguments = ["predict", whole, "-o", tmp_path / "p", "--threads", 1, "--device", "cpu", "--quiet"]
    assert main(list(map(str, arguments))) == 0
    values = zarr.open_group(tmp_path / "p", mode="r")["outputs/signal"][:]
    wrong = int(np.isnan(values).sum())
    assert wrong == 2 * -(-len(values) // 16)
    assert capsys.readouterr().err == f"warning: `signal` is NaN in {wrong} of its {len(values)} values\n"
    assert zarr.open_group(tmp_path / "p", mode="r").attrs["nan"] == {"signal": wrong}


def test_no_word_of_nan_where_there_is_none(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["predict", whole, "-o", tmp_path / "p", "--threads", 1, "--device", "cpu", "--quiet"]
    assert main(list(map(str, arguments))) == 0
    assert capsys.readouterr().err == ""


# ---- a loss that explodes


def test_the_checkpoint_before_an_explosion_is_kept_and_told(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = SpecModule._refuse_non_finite

    def exploding(self: SpecModule, losses: Any, *others: Any) -> None:
        if self.position.step == 2 * BATCHES + 1:
            losses = {name: value * float("inf") for name, value in losses.items()}
        loss(self, losses, *others)

    monkeypatch.setattr(SpecModule, "_refuse_non_finite", exploding)
    with pytest.raises(UserError, match=r"became inf at step 12 \(epoch 3\)") as raised:
        run(tmp_path / "run")
    assert f"`{tmp_path / 'run' / LAST}` is from before" in str(raised.value.help)
    kept = read_checkpoint(tmp_path / "run" / LAST)
    assert kept.training["position"]["epoch"] == 2
    assert all(
        bool(tensor.isfinite().all()) for tensor in kept.weights.values() if tensor.is_floating_point()
    )


@pytest.mark.parametrize("minutes", [None, 0.0])
def test_weights_that_became_nan_replace_no_checkpoint(
    minutes: float | None, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last update of an epoch may spoil weights after its loss was measured."""
    from getdsl.runs.fitting.bookkeeping import Bookkeeping

    end = Bookkeeping.on_train_batch_end

    def spoiling(self: Bookkeeping, trainer: Any, module: Any, *rest: Any) -> None:
        if self.position.step == 2 * BATCHES - 1:
            with torch.no_grad():
                module.model.get_parameter("head.weight").fill_(float("nan"))
        end(self, trainer, module, *rest)

    monkeypatch.setattr(Bookkeeping, "on_train_batch_end", spoiling)
    with pytest.raises(UserError, match=r"the weights `head\.weight` became NaN in epoch 2") as raised:
        run(tmp_path / "run", checkpoint_minutes=minutes)
    assert "is from before" in str(raised.value.help)
    for name in (LAST, BEST):
        weights = read_checkpoint(tmp_path / "run" / name).weights
        assert bool(weights["head.weight"].isfinite().all())


# ---- signals


@pytest.mark.parametrize("number", ASKING)
def test_each_signal_ends_a_run_that_goes_on_later(
    number: int, run: Callable[..., Any], whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        at_step(BATCHES + 1, lambda: signal.raise_signal(number), patch)
        with pytest.raises(Interrupted) as raised:
            run(tmp_path / "run")
    assert raised.value.signum == number
    assert not (tmp_path / "run" / NAME).exists()
    run(tmp_path / "run", resume=True)
    metrics = [json.loads((folder / "metrics.json").read_text()) for folder in (tmp_path / "run", whole)]
    assert metrics[0] == metrics[1]


def test_a_command_says_which_signal_it_was(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_step(1, lambda: signal.raise_signal(signal.SIGHUP), monkeypatch)
    arguments = ["train", small, "-o", tmp_path / "run", "--threads", 1, "--device", "cpu"]
    assert main(list(map(str, arguments))) == 128 + signal.SIGHUP
    assert "`--resume`" in capsys.readouterr().err


def test_what_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with on_signals():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


# ---- what vanishes


@pytest.mark.parametrize("replaced", [False, True])
@pytest.mark.parametrize("step", [1, 2 * BATCHES + 1, 4 * BATCHES - 1])
def test_a_folder_that_vanishes_is_an_error(
    step: int, replaced: bool, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"

    def vanish() -> None:
        shutil.rmtree(folder)
        if replaced:
            folder.mkdir()

    at_step(step, vanish, monkeypatch)
    with pytest.raises(UserError, match="was taken away while the run wrote into it"):
        run(folder)
    assert not folder.exists() or list(folder.iterdir()) == []


@pytest.mark.parametrize("step", [1, 4 * BATCHES - 1])
def test_data_that_vanish_are_an_error(
    step: int, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_small(tmp_path)
    (tmp_path / "small.get").write_text(SPEC)
    at_step(step, lambda: os.rename(data, tmp_path / "elsewhere"), monkeypatch)
    with pytest.raises(UserError, match=r"small\.tsv` were taken away while the run read them"):
        run(tmp_path / "run", spec=tmp_path / "small.get")
    assert not (tmp_path / "run" / "metrics.json").exists()
    os.rename(tmp_path / "elsewhere", data)
    monkeypatch.undo()
    run(tmp_path / "run", spec=tmp_path / "small.get", resume=True)


def test_data_that_vanish_under_predictions_are_an_error(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_small(tmp_path)
    (tmp_path / "small.get").write_text(SPEC)
    step = SpecModule.predict_step

    def vanishing(self: SpecModule, batch: Any, index: int) -> Any:
        if index == 1:
            data.unlink()
        return step(self, batch, index)

    monkeypatch.setattr(SpecModule, "predict_step", vanishing)
    from getdsl.cli.checkpoints import settings_on_top

    overrides = settings_on_top([f"data.regions.files={json.dumps(str(data))}"])
    with pytest.raises(UserError, match="were taken away while the run read them"):
        predict(whole, tmp_path / "p", Wanted("all"), Options(threads=1, device="cpu"), overrides)
    assert not (tmp_path / "p").exists()
