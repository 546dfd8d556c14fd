"""`getdsl runs`: runs beside each other, whole ones and others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from getdsl.cli import main
from getdsl.diagnostics import UserError
from getdsl.runs.comparison.changed import changed_settings, groups
from getdsl.runs.comparison.find import find_runs
from getdsl.runs.comparison.row import RunRow, row_of
from getdsl.runs.comparison.table import Comparison, as_json, duration
from getdsl.runs.run_folder.lock import locked
from tests.processes import python


@pytest.fixture(scope="module")
def folders(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run, one that was cut off, a damaged one, a failed one, and what is no run."""
    folder = tmp_path_factory.mktemp("folders")
    for name in ("a/whole", "unfinished", "damaged", "failed"):
        shutil.copytree(whole, folder / name)
    for name in ("unfinished", "failed"):
        (folder / name / "metrics.json").unlink()
    (folder / "failed" / "failure.txt").write_text("the loss became nan\n")
    (folder / "damaged" / "metrics.json").write_text('{"model": ')
    best = folder / "damaged" / "best.safetensors"
    best.write_bytes(best.read_bytes()[:300])
    (folder / "other").mkdir()
    (folder / "other" / "notes.txt").write_text("nothing")
    return folder


def test_every_folder_is_a_row(folders: Path, whole: Path) -> None:
    rows = {row.folder.name: row for row in map(row_of, find_runs([folders]))}
    assert {name: row.state for name, row in rows.items()} == {
        "whole": "done",
        "unfinished": "unfinished",
        "damaged": "damaged",
        "failed": "failed",
    }
    assert "metrics.json: it is damaged" in rows["damaged"].why
    assert "best.safetensors" in rows["damaged"].why
    assert rows["failed"].why == "the loss became nan"
    metrics = json.loads((whole / "metrics.json").read_text())
    done = rows["whole"]
    assert (done.model, done.seed, len(done.history)) == ("Small", 0, 4)
    assert done.sha256 == metrics["spec_sha256"]
    assert done.figures == metrics["model"]
    assert done.best == metrics["best"]
    assert rows["unfinished"].model == "Small"


def test_a_run_that_goes_on(folders: Path, tmp_path: Path) -> None:
    shutil.copytree(folders / "unfinished", tmp_path / "run")
    with locked(tmp_path / "run"):
        assert row_of(tmp_path / "run").state == "running"
    assert row_of(tmp_path / "run").state == "unfinished"
    assert find_runs([tmp_path, tmp_path / "run"]) == [tmp_path / "run"]


def test_no_torch_is_needed(folders: Path) -> None:
    code = f"""
import sys
from getdsl.cli import main
assert main(["runs", {str(folders)!r}]) == 0
assert "torch" not in sys.modules and "matplotlib" not in sys.modules
"""
    python(code)


def row(name: str, seed: int = 0, *, figure: float | None = None, **settings: Any) -> RunRow:
    parts = {"the model": "graph", "optimizer.lr": "0.1", "train.seed": str(seed)}
    parts |= {path: json.dumps(value) for path, value in settings.items() if "." in path}
    outside = {path: value for path, value in settings.items() if "." not in path}
    history = ({"epoch": 1.0, "train_loss": 1.0, "seconds": 2.0},)
    return RunRow(Path(name), "done", "", "M", "ab", seed, {}, {"pearson": figure}, parts, outside, history)


def test_what_was_changed() -> None:
    rows = [row("a", width=32), row("b", 1, **{"optimizer.lr": 0.2}), RunRow(Path("c"), "damaged")]
    assert changed_settings(rows) == {"width": ["32", "", ""], "optimizer.lr": ["0.1", "0.2", ""]}
    assert changed_settings([row("a"), row("b", 1)]) == {}


def test_seeds_are_one_group() -> None:
    rows = [row("a"), row("b", 1), row("c", **{"optimizer.lr": 0.2})]
    found = {label: [each.folder.name for each in group] for label, group in groups(rows).items()}
    assert found == {"optimizer.lr = 0.1": ["a", "b"], "optimizer.lr = 0.2": ["c"]}


def test_sorting() -> None:
    """The best figure first, other columns from the least; what has no value last."""
    rows = [row("b", 2, figure=0.5), row("c", 1, figure=None), row("a", 3, figure=0.7)]
    found = Comparison.of(rows)

    def names(column: str | None, *, reverse: bool = False) -> str:
        return "".join(each.folder.name for each in found.sorted(column, reverse=reverse).rows)

    assert names(None) == "bca"
    assert names("pearson") == "abc"
    assert names("pearson", reverse=True) == "bac"
    assert names("seed") == "cba"
    assert names("run") == "abc"
    with pytest.raises(UserError, match="no column `pearsn`") as raised:
        names("pearsn")
    assert "`pearson`" in (raised.value.help or "")
    assert as_json(found)[0]["figures"] == {"pearson": 0.5}


def test_what_is_printed(folders: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "curves.png"
    assert main(["runs", str(folders), "--sort", "pearson", "--curves", str(picture)]) == 0
    head, first, *others = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["run", "state", "model", "spec"]
    assert first.startswith(str(folders / "a" / "whole"))
    assert f"{folders / 'failed'}: the loss became nan" in others
    assert picture.stat().st_size > 5000
    assert main(["runs", str(folders), "--json"]) == 0
    assert {each["state"] for each in json.loads(capsys.readouterr().out)} >= {"done", "damaged"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "there is no folder `nowhere`"),
        (["."], "there are no runs in `.`"),
        ([".", "--curves", "x.txt"], "`x.txt` is no name of a picture"),
    ],
)
def test_what_is_wrong(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["runs", *arguments]) == 1
    assert message in capsys.readouterr().err


def test_names_say_nothing_to_the_terminal(folders: Path, tmp_path: Path, capsys: Any) -> None:
    shutil.copytree(folders / "failed", tmp_path / "a\x1b[31m")
    assert main(["runs", str(tmp_path)]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_durations() -> None:
    assert [duration(seconds) for seconds in (5.2, 61, 3900)] == ["5 s", "1 min", "1 h 05 min"]
