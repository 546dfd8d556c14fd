"""What goes on beside the steps: trackers, the profile, torch.compile, and a loss that is no number."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from getdsl.diagnostics import UserError
from getdsl.runs.fitting import trackers
from getdsl.runs.fitting.compiled_model import CompiledModel
from getdsl.runs.fitting.profile import PARTS
from getdsl.runs.process.machine import repeating_bits
from getdsl.runs.run_folder.checkpoint import LAST
from getdsl.runs.training.lightning_module import SpecModule
from tests.runs.conftest import SPEC, write_small


@pytest.fixture(scope="module")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The spec, with two trackers."""
    folder = tmp_path_factory.mktemp("tracked")
    write_small(folder)
    text = SPEC.replace("train {", 'train { loggers = [TensorBoard(), WandB(project = "p")]')
    (folder / "small.get").write_text(text, encoding="utf-8")
    return folder / "small.get"


class Tracker:
    """Takes two rows, and then its server is gone."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, dict[str, float]]] = []
        self.closed: list[str] = []

    def log_metrics(self, row: dict[str, float], step: int) -> None:
        if len(self.rows) == 2:
            raise ConnectionError("no server\nat all")
        self.rows.append((step, row))

    def finalize(self, status: str) -> None:
        self.closed.append(status)


def test_trackers_get_the_rows_and_may_fail(
    tracked: Path, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {"TensorBoard": Tracker(), "WandB": Tracker()}
    monkeypatch.setattr(trackers, "_made", lambda logger, folder: made[logger.word])
    monkeypatch.setattr(trackers, "refuse_absent", lambda loggers: None)
    monkeypatch.setattr("getdsl.runs.training.readiness.refuse_absent", lambda loggers: None)
    log = StringIO()
    run(tmp_path / "run", "train.epochs=3", spec=tracked, log=log)
    with (tmp_path / "run" / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    for tracker in made.values():
        assert [(step, row["val_loss"]) for step, row in tracker.rows] == [
            (int(row["step"]), float(row["val_loss"])) for row in rows[:2]
        ]
    assert log.getvalue().count("failed, and gets no more figures: no server\n") == 2


def test_a_tracker_that_is_not_installed(
    tracked: Path, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trackers.importlib.util, "find_spec", lambda name: None if name == "wandb" else 1)
    with pytest.raises(UserError, match="`WandB` needs wandb, which is not installed") as refused:
        run(tmp_path / "run", spec=tracked)
    assert "pip install 'getdsl[wandb]'" in (refused.value.help or "")
    assert not (tmp_path / "run").exists()


def test_a_profile_is_printed_and_written(run: Callable[..., Any], tmp_path: Path) -> None:
    log = StringIO()
    run(tmp_path / "run", log=log, profile=True)
    text = (tmp_path / "run" / "profile.txt").read_text()
    assert text in log.getvalue()
    assert text.startswith("20 steps")
    shares = [float(line.split()[-2]) for line in text.splitlines() if line.startswith(PARTS)]
    assert len(shares) == 4
    assert sum(shares) == pytest.approx(100, abs=0.3)
    assert "operations in 10 of the steps" in text
    assert "aten::" in text


def test_what_torch_cannot_compile_runs_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled(model: nn.Module) -> Callable[..., Any]:
        def failing(**inputs: Tensor) -> Any:
            raise RuntimeError("no C++ compiler\nwas found")

        return failing

    monkeypatch.setattr(torch, "compile", compiled)
    told: list[str] = []
    model = nn.Linear(2, 1)
    called = CompiledModel(model, told.append)
    x = torch.ones(3, 2)
    assert all(torch.equal(called(input=x), model(x)) for _ in range(2))
    assert told == ["`compile = true` goes without: torch.compile says `no C++ compiler`"]
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        CompiledModel(model, told.append)(input=torch.ones(3, 5))
    assert len(told) == 1, "what is wrong with the model is not told of the compiler"


def test_a_loss_that_is_nan_names_its_samples(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict = SpecModule.predict

    def spoilt(self: SpecModule, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        outputs = predict(self, batch)
        if self.training and self.position.step == 7:
            wrong = torch.zeros(len(outputs["signal"]))
            wrong[[3, 5]] = float("nan")
            outputs = {"signal": outputs["signal"] + wrong}
        return outputs

    monkeypatch.setattr(SpecModule, "predict", spoilt)
    with pytest.raises(UserError, match=r"the loss `signal` became nan at step 8 \(epoch 2\), from") as found:
        run(tmp_path / "run")
    samples = str(found.value).partition(", from ")[2]
    assert samples.count("gene") == samples.count("(chr") == 2
    assert (tmp_path / "run" / LAST).exists()
    assert "is from before, and `load` takes its weights" in (found.value.help or "")


def test_an_operation_without_a_deterministic_form_is_told() -> None:
    def no_such_form() -> None:
        with repeating_bits(True):
            assert torch.are_deterministic_algorithms_enabled()
            raise RuntimeError("f does not have one, but you set 'torch.use_deterministic_algorithms(True)'")

    with pytest.raises(UserError, match="`deterministic = true` is not possible: f does not have one"):
        no_such_form()
    assert not torch.are_deterministic_algorithms_enabled()
