"""`getdsl sweep`: every point of a grid is trained, and what fails does not end the others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from getdsl.cli import main
from getdsl.compiler.spec import Checked
from getdsl.diagnostics import SpecError, UserError
from getdsl.diagnostics.mistakes.names import nothing_to_set
from getdsl.runs.comparison.row import row_of
from getdsl.runs.opened.options import Options
from getdsl.runs.sweep.carry_out import Outcome, carry_out
from getdsl.runs.sweep.grid import points, read_grid
from getdsl.runs.sweep.names import full_names, short_names
from getdsl.runs.sweep.points import Base, Point, lay_out
from getdsl.runs.sweep.sweep import sweep
from getdsl.runs.sweep.workers import Workers
from getdsl.runs.training.train import train
from tests.runs.conftest import checked

OPTIONS = Options(threads=1, device="cpu", quiet=True)
SHORT = "train.epochs=1"


class Here(Workers):
    """Trains in the process of the test; remembers which points it was given."""

    trained: list[str]

    @staticmethod
    def new() -> Here:
        workers = Here()
        object.__setattr__(workers, "trained", [])
        return workers

    def carry_out(self, points: Sequence[Point], options: Options) -> Iterator[tuple[Point, Outcome]]:
        self.trained.extend(point.name for point in points)
        for point in points:
            yield point, carry_out(point, options)


def of(spec: Path, folder: Path, *grid: str, seeds: str | None = None) -> list[Point]:
    return lay_out(Base(spec, (SHORT,)), grid, seeds, folder)


# -- the grid


def test_values() -> None:
    grid = read_grid(["lr=1e-3,0.001, 3e-3", "sizes=[1,2],[3]", 'mode="a,b",c'], "1,0,1")
    assert grid == {
        "lr": ["0.001", "0.003"],
        "sizes": ["[1,2]", "[3]"],
        "mode": ['"a,b"', "c"],
        "train.seed": ["1", "0"],
    }
    assert len(points(grid)) == 16
    assert points({"a": ["1", "2"], "b": ["3"]}) == [{"a": "1", "b": "3"}, {"a": "2", "b": "3"}]


@pytest.mark.parametrize(
    ("grid", "seeds", "message"),
    [
        ([], None, "nothing says what to sweep over"),
        (["lr"], None, "`--grid lr` is no name with values"),
        (["lr=1,,2"], None, "is no name with values"),
        (["=1"], None, "is no name with values"),
        (["lr=1", "lr=2"], None, "`--grid lr` is given twice"),
        ([], "one", "`--seeds one` are no seeds"),
    ],
)
def test_what_is_no_grid(grid: list[str], seeds: str | None, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_grid(grid, seeds)


def test_a_huge_grid() -> None:
    with pytest.raises(UserError, match="1,000,000 points"):
        points({name: [str(i) for i in range(100)] for name in "abc"})


def test_names_are_stable(small: Path, tmp_path: Path) -> None:
    """However the grid is written, a point has the same folder, that of the same spec."""
    one = of(small, tmp_path, "lr=1e-2,1e-3", "head.bias=true", seeds="3")
    other = of(small, tmp_path, "train.seed=3", "head.bias=true", "optimizer.lr=0.01,0.001")
    assert [point.name for point in one] == ["bias=true,lr=0.01,seed=3", "bias=true,lr=0.001,seed=3"]
    assert {point.name: point.sha256 for point in one} == {point.name: point.sha256 for point in other}
    (odd,) = of(small, tmp_path, 'train.keep={monitor="val_loss", mode="max"}')
    assert odd.name.startswith("keep=_monitor=_val_loss_")
    assert len(odd.name) < 120


def test_points_are_checked_before_the_first_is_trained(small: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="number above 0"):
        of(small, tmp_path, "lr=1e-2,-1")
    with pytest.raises(SpecError, match="nothing named `width`"):
        of(small, tmp_path, "width=1,2")


def test_a_short_name_of_two_settings() -> None:
    def check(settings: Sequence[str]) -> Checked:
        known = settings[0].startswith(("optimizer.rate=", "train.rate="))
        return Checked(None, [] if known else [nothing_to_set("rate", None, "--set", [])])

    with pytest.raises(UserError, match=r"could be `optimizer\.rate`, `train\.rate`"):
        full_names({"rate": ["1"]}, check)
    assert full_names({"train.rate": ["1"], "other": ["1"]}, check) == {
        "train.rate": "train.rate",
        "other": "other",
    }
    assert short_names(["b.x", "a.x", "c.y"]) == {"a.x": "a.x", "b.x": "b.x", "c.y": "y"}


# -- carrying it out


def test_a_sweep(small: Path, tmp_path: Path) -> None:
    """A point is the run that `train` makes; a failing one is kept with its reason, and tried again."""
    found = of(small, tmp_path / "sweep", "lr=1e-2,1e35")
    workers = Here.new()
    outcomes = sweep(found, tmp_path / "sweep", OPTIONS, workers, lambda *_: None)
    assert [outcome.state for outcome in outcomes.values()] == ["done", "failed"]
    rows = json.loads((tmp_path / "sweep" / "sweep.json").read_text())["points"]
    assert [row["state"] for row in rows] == ["done", "failed"]
    assert "became nan" in rows[1]["why"]
    failed = row_of(tmp_path / "sweep" / "lr=1e+35")
    assert (failed.state, failed.model) == ("failed", "Small")
    train(checked(small, SHORT, "optimizer.lr=0.01"), tmp_path / "alone", OPTIONS)
    figures = [
        json.loads((folder / "metrics.json").read_text())
        for folder in (tmp_path / "alone", tmp_path / "sweep" / "lr=0.01")
    ]
    assert figures[0] == figures[1]
    again = Here.new()
    sweep(found, tmp_path / "sweep", OPTIONS, again, lambda *_: None)
    assert (workers.trained, again.trained) == (["lr=0.01", "lr=1e+35"], ["lr=1e+35"])


def test_another_run_in_the_way(small: Path, tmp_path: Path) -> None:
    (point,) = of(small, tmp_path, "lr=1e-2")
    train(checked(small, SHORT, "optimizer.lr=0.5"), point.folder, OPTIONS)
    outcomes = sweep([point], tmp_path, OPTIONS, Here.new(), lambda *_: None)
    assert "the spec is not that of the run" in outcomes["lr=0.01"].why
    anew = Options(threads=1, device="cpu", quiet=True, overwrite=True)
    assert sweep([point], tmp_path, anew, Here.new(), lambda *_: None)["lr=0.01"].state == "done"


def test_the_command(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a process of its own; the code says that a point failed."""
    command = ["sweep", str(small), "-o", str(tmp_path), "--set", SHORT, "--threads", "1", "--device", "cpu"]
    assert main([*command, "--grid", "lr=1e-2,1e35"]) == 1
    output = capsys.readouterr()
    assert "1 of 2 runs failed" in output.err
    assert "lr=0.01 (1 of 2)" in output.err
    head, *rows = output.out.splitlines()
    assert "optimizer.lr" in head
    assert len(rows) == 3
    assert main([*command, "--grid", "lr=-1"]) == 1
    assert "number above 0" in capsys.readouterr().err
