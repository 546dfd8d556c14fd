"""One plan a run: what `plan` shows or saves `train` carries out, and what it refuses `train` refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import getdsl
from getdsl.cli import main
from getdsl.compiler.plan import planned as planned_module
from getdsl.compiler.plan.planned import plan_spec
from getdsl.diagnostics import UserError
from getdsl.runs.opened.options import Options
from getdsl.runs.training.train import train
from getdsl.weights import header as header_module
from tests.runs.conftest import SPEC, checked, write_small

LOAD = 'load "base.safetensors" { }\n'
SHORT = SPEC.replace("epochs = 4", "epochs = 1")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the data, a spec and the checkpoint that it loads."""
    monkeypatch.chdir(tmp_path)
    write_small(tmp_path)
    (tmp_path / "base.get").write_text(SHORT)
    save_file(getdsl.compile("base.get", seed=3).state_dict(), "base.safetensors")
    (tmp_path / "tune.get").write_text(SHORT + LOAD)
    return tmp_path


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """How often a plan is made, and how often the header of the loaded file is read."""
    counts = {"plans": 0, "headers": 0}
    make_plan, read_content = planned_module.make_plan, header_module.read_content

    def making(*args: Any) -> Any:
        counts["plans"] += 1
        return make_plan(*args)

    def reading(path: Path) -> Any:
        counts["headers"] += path.name == "base.safetensors"
        return read_content(path)

    with monkeypatch.context() as patch:
        patch.setattr(planned_module, "make_plan", making)
        patch.setattr(header_module, "read_content", reading)
        yield counts


TRAIN = ["train", "tune.get", "-o", "run", "--quiet", "--threads", "1", "--device", "cpu"]


@pytest.mark.parametrize("options", [[], ["--plan", "plan.json"]])
def test_a_run_makes_one_plan_and_reads_each_header_once(
    options: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["plan", "tune.get", "-o", "plan.json"]) == 0
    with counted(monkeypatch) as counts:
        assert main([*TRAIN, *options]) == 0
    assert counts == {"plans": 1, "headers": 1}


def test_a_resumed_run_takes_its_checkpoint_and_makes_no_plan(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(TRAIN) == 0
    Path("base.safetensors").unlink()
    with counted(monkeypatch) as counts:
        assert main([*TRAIN, "--resume"]) == 0
    assert counts == {"plans": 0, "headers": 0}


def test_compile_makes_one_plan(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with counted(monkeypatch) as counts:
        getdsl.compile("tune.get")
    assert counts == {"plans": 1, "headers": 1}
    with counted(monkeypatch) as counts:
        assert main(["compile", "tune.get", "-o", "compiled"]) == 0
    assert counts == {"plans": 1, "headers": 1}


def test_the_plan_that_was_made_is_the_one_that_is_carried_out(folder: Path) -> None:
    """The directives of the spec are not read again: what runs is the plan that is handed on."""
    found = checked(folder / "tune.get")
    other = checked(folder / "base.get").spec
    assert found.spec is not None
    assert other is not None
    fresh = plan_spec(other)
    approved = type(fresh)(found.spec, fresh.plan)
    options = Options(threads=1, device="cpu")
    train(found, folder / "run", options, StringIO(), planned=approved)
    train(checked(folder / "base.get"), folder / "fresh", options, StringIO())
    left, right = (load_file(folder / run / "weights.safetensors") for run in ("run", "fresh"))
    assert all(torch.equal(left[name], right[name]) for name in right)


def test_a_file_that_changes_between_plan_and_run_is_named(folder: Path) -> None:
    found = checked(folder / "tune.get")
    assert found.spec is not None
    approved = plan_spec(found.spec)
    state = load_file("base.safetensors")
    save_file({name: tensor + 1 for name, tensor in state.items()}, "base.safetensors")
    with pytest.raises(UserError, match=r"base.safetensors` has changed since its header was read"):
        train(found, folder / "run", Options(device="cpu"), StringIO(), planned=approved)
    assert not (folder / "run").exists()


@pytest.mark.parametrize(
    ("directives", "code"),
    [
        (LOAD, 0),
        (f"{LOAD}freeze = [scanner]\n", 0),
        (f"{LOAD}lora {{ on = [hidden] }}\nfreeze = [scanner, hidden, head]\n", 0),
        ('load "base.safetensors" { new = [head] }\n', 1),
        ('load "base.safetensors" { drop = ["head.*"] }\n', 1),
        ('load "absent.safetensors" { }\n', 1),
        ("freeze = [scanner, hidden, head]\n", 1),
    ],
)
def test_plan_and_train_say_the_same(
    directives: str, code: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("tune.get").write_text(SHORT + directives)
    assert main(["plan", "tune.get"]) == code
    assert capsys.readouterr().out.splitlines()[-1].startswith("it cannot run" if code else "it can run")
    assert main(TRAIN) == code, capsys.readouterr().err
    assert Path("run").exists() == (code == 0)


def test_absent_data_stop_both(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("tune.get").write_text(SHORT.replace("small.tsv", "nowhere.tsv"))
    for command in (["plan", "tune.get"], TRAIN):
        assert main(command) == 1
        assert "nowhere.tsv" in capsys.readouterr().err
