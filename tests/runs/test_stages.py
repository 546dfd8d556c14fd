"""Stages train what they say, resume like all else, and leave the checkpoints that `keep` asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from getdsl.compiler.check import check_text
from getdsl.compiler.lower import build
from getdsl.compiler.lower.freezing import held
from getdsl.runs.evaluation.evaluate import evaluate
from getdsl.runs.opened.options import Options
from getdsl.runs.run_folder.checkpoint import BEST, LAST, read_checkpoint
from tests.runs.conftest import SPEC, checked, write_small
from tests.runs.test_resume import CrashError, crash_after, figures, history

BATCHES = 5  # of an epoch
NORMALISED = """
model M {
    input x: [B, L, 4]
    a = x -> BatchNorm(4)
    b = a -> Conv1d(3, kernel_size = 1)
    output y = b
}
"""
STAGES = """
train {
    batch_size = 16
    keep       = { every_n = 1 }
    stages {
        head { epochs = 2 train_only = [head] }
        all  { steps = 7  freeze = [scanner] lr = 1e-3 schedule = constant() }
    }
}
"""


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("staged")
    write_small(folder)
    text = SPEC.replace("train { epochs = 4 batch_size = 16 reverse_complement = true }", STAGES)
    (folder / "small.get").write_text(text, encoding="utf-8")
    return folder / "small.get"


@pytest.fixture(scope="module")
def finished(staged: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from io import StringIO

    from getdsl.runs.training.train import train

    folder = tmp_path_factory.mktemp("runs") / "staged"
    train(checked(staged), folder, Options(threads=1, device="cpu"), StringIO())
    return folder


def weights(path: Path) -> dict[str, Tensor]:
    return dict(read_checkpoint(path).weights)


def moved(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    """The parts of which a weight has other bits."""
    return {name.split(".")[0] for name, value in before.items() if not torch.equal(value, after[name])}


def test_a_stage_trains_its_weights_alone(staged: Path, finished: Path) -> None:
    spec = checked(staged).spec
    assert spec is not None
    first = {name: value.clone() for name, value in build(spec, 0).state_dict().items()}
    names = [f"epoch-{epoch}.safetensors" for epoch in (1, 2, 3, 3.4)]
    kept = [weights(finished / "checkpoints" / name) for name in names]
    steps = [moved(*pair) for pair in zip([first, *kept], kept, strict=False)]
    assert steps == [{"head"}, {"head"}, {"hidden", "head"}, {"hidden", "head"}]


def test_the_history_of_stages(finished: Path) -> None:
    found = [(row["epoch"], row["step"], row["stage"]) for row in history(finished)]
    assert found == [("1", "5", "1"), ("2", "10", "1"), ("3", "15", "2"), ("3.4", "17", "2")]
    assert [float(row["lr"]) for row in history(finished)[2:]] == [1e-3, 1e-3]


@pytest.mark.parametrize("batches", [BATCHES + 2, 2 * BATCHES, 2 * BATCHES + 3])
def test_a_crash_in_any_stage(
    batches: int,
    staged: Path,
    run: Callable[..., Any],
    finished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        crash_after(batches, patch)
        with pytest.raises(CrashError):
            run(tmp_path / "run", spec=staged, checkpoint_minutes=0.0)
    run(tmp_path / "run", spec=staged, resume=True)
    assert figures(tmp_path / "run") == figures(finished)
    assert history(tmp_path / "run") == history(finished)
    for name in ("epoch-1.safetensors", "epoch-3.4.safetensors"):
        kept = [read_checkpoint(folder / "checkpoints" / name) for folder in (tmp_path / "run", finished)]
        assert kept[0].record == kept[1].record
        assert not moved(dict(kept[0].weights), dict(kept[1].weights))


def test_a_kept_checkpoint_is_measured(finished: Path) -> None:
    path = finished / "checkpoints" / "epoch-2.safetensors"
    report, same_data = evaluate(path, "validation", Options(threads=1, device="cpu"))
    assert same_data
    assert report.best is not None
    assert report.best["epoch"] == 2
    assert report.model["loss"] == pytest.approx(float(history(finished)[1]["val_loss"]), rel=1e-6)


def test_the_last_weights_are_kept_where_they_are_asked_for(run: Callable[..., Any], tmp_path: Path) -> None:
    keep = 'train.keep={monitor="val_loss", mode="max", top_k=1, weights="last"}'
    report = run(tmp_path / "run", "train.epochs=2", keep)
    assert report.best["epoch"] == 2
    best, last = weights(tmp_path / "run" / BEST), weights(tmp_path / "run" / LAST)
    assert all(torch.equal(value, last[name]) for name, value in best.items())
    assert [path.name for path in (tmp_path / "run" / "checkpoints").iterdir()] == ["epoch-1.safetensors"]
    run(tmp_path / "run", "train.epochs=1", overwrite=True)
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_rows_between_the_ends_of_epochs(run: Callable[..., Any], tmp_path: Path) -> None:
    """Two batches a step: a row after four batches, whatever the epoch, and at the end."""
    every = ("train.accumulate=2", "train.validate_every={steps=2}", "train.steps=5")
    run(tmp_path / "run", *every)
    found = [(row["epoch"], row["step"]) for row in history(tmp_path / "run")]
    assert found == [("0.8", "2"), ("1.6", "4"), ("2", "5")]


def test_what_is_held_rests_until_it_is_let_go() -> None:
    spec = check_text(NORMALISED).spec
    assert spec is not None
    compiled = build(spec, 0)
    norm = next(
        part for part in compiled.module.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm)
    )
    x = torch.randn(5, 6, 4)

    def still_after_a_step() -> bool:
        compiled.module.train()
        before = norm.running_mean.clone()
        compiled.module(x)
        return torch.equal(before, norm.running_mean)

    names = {name for name, _ in compiled.named_parameters() if name.startswith("a.")}
    with held(compiled.module, names, ["a"]):
        assert still_after_a_step()
        assert not any(value.requires_grad for value in norm.parameters())
    assert not still_after_a_step()
    assert all(value.requires_grad for value in compiled.parameters())
