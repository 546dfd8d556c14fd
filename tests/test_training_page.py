"""docs/training.md: each command prints what the page shows. GETDSL_UPDATE=1 writes the page's outputs anew.

Where training is shown numbers are not compared, nor what was the best: the test trains for a few steps.
"""

from __future__ import annotations

import csv
import os
import re
import shlex
from pathlib import Path

import pytest

from getdsl.cli import main
from tests.test_docs import fenced
from tests.test_your_data_page import without_numbers

PAGE = Path(__file__).parent.parent / "docs" / "training.md"
UPDATE = os.environ.get("GETDSL_UPDATE") == "1"
SHORT = ("--threads", "1", "--device", "cpu")
FEWER = {
    "find-lr": ("--steps", "50"),
    "find-batch-size": ("--from", "64"),
    "train": ("--set", "data.per_epoch=128"),
}


def ran(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a command prints, its stderr first; where it computes it does so briefly."""
    arguments = shlex.split(command)
    short = () if arguments[0] == "plan" else SHORT
    code = main([*arguments, *short, *(() if UPDATE else FEWER.get(arguments[0], ()))])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    return re.sub(r" +$", "", printed.err + printed.out, flags=re.MULTILINE)


def told(text: str) -> list[str]:
    """The words of a command that computes, whatever its figures."""
    passing = ("model (", "aten::")  # which operations take the most differs from run to run
    lines = [line for line in without_numbers(text) if not line.startswith(passing)]
    return [re.sub(r"\b[KMG]iB\b", "bytes", line) for line in lines]


def test_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, spec in zip(("mine.get", "adversarial.get"), fenced(text, "get"), strict=True):
        (tmp_path / name).write_text(spec, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for shown in fenced(text, "console"):
        found = "".join(
            f"$ getdsl {command}\n{ran(command, capsys)}"
            for command in re.findall(r"^\$ getdsl (.*)$", shown, re.M)
        )
        if UPDATE:
            text = text.replace(f"```console\n{shown}```", f"```console\n{found}```")
        elif shown.startswith("$ getdsl plan"):
            assert found == shown
        else:
            assert told(found) == told(shown)
    if UPDATE:
        PAGE.write_text(text, encoding="utf-8")
    with (tmp_path / "runs" / "mine" / "history.csv").open() as file:
        names = next(csv.reader(file))
    listed = re.findall(r"`([\w…]+)`", "".join(re.findall(r"^\| (`.*?) \|", text, re.M)))
    assert [name for name in names if not name.startswith("val_")] == [
        name for name in listed if name not in ("val_…", "train_loss_NAME")
    ], "the table of columns"
