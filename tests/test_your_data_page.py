"""docs/your-data.md: each step prints what the page shows. GETDSL_UPDATE=1 writes what is quick anew.

Where training is shown, numbers are not compared: the test trains on a few samples.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from getdsl.cli import main
from tests.language.test_documents import Section, sections

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "your-data.md"
SHARED = ROOT.parent / "shared" / "data"
UPDATE = os.environ.get("GETDSL_UPDATE") == "1"
FILES = {
    "sacCer3.fa.gz": "yeast/sacCer3_16chr.fa.gz",
    "peaks.narrowPeak": "yeast_formats/peaks.narrowPeak",
    "cuts.starts.bw": "yeast_formats/cuts.starts.bw",
    "cuts.ends.bw": "yeast_formats/cuts.ends.bw",
}
SHORT = ("--set", "train.epochs=1", "--set", "data.per_epoch=128", "--threads", "1")
SHIPPED = "Without files at hand"
STEPS = list(sections(PAGE))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, file in FILES.items():
        if (SHARED / file).exists():
            (tmp_path / name).symlink_to(SHARED / file)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a command prints; a training is a short one."""
    arguments = shlex.split(command)
    code = main([*arguments, *(SHORT if arguments[0] == "train" else ())])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    out = printed.err + printed.out  # the epochs of a training, and then its table
    return re.sub(r"from /\S+/", "from …/", re.sub(r" +$", "", out, flags=re.MULTILINE))


def without_numbers(text: str) -> list[str]:
    """The lines of a training, whatever its figures and its progress."""
    words = re.sub(r"-?\d[\d.,]*(e-?\d+)?", "#", text)
    lines = [re.sub(r"\s+", " ", line).removesuffix(" *").strip() for line in words.splitlines()]
    return list(dict.fromkeys(line for line in lines if line and line != "…"))


def steps(section: Section, capsys: pytest.CaptureFixture[str]) -> None:
    for command, shown in section.commands:
        out = ran(command, capsys)
        if command.startswith(("train", "evaluate")):
            assert without_numbers(out) == without_numbers(shown)
        elif UPDATE:
            text = PAGE.read_text(encoding="utf-8")
            PAGE.write_text(text.replace(f"{command}\n{shown}```", f"{command}\n{out}```"), encoding="utf-8")
        else:
            assert out == shown


@pytest.mark.skipif(
    not all((SHARED / file).exists() for file in FILES.values()), reason="the yeast files are not here"
)
def test_the_path_from_files_to_a_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for section in STEPS:
        if section.title != SHIPPED:
            steps(section, capsys)
    part = re.search(r"^data \{\n.*?^\}\n", (folder / "my.get").read_text(), re.MULTILINE | re.DOTALL)
    assert part is not None
    text = PAGE.read_text(encoding="utf-8")
    if UPDATE:
        PAGE.write_text(
            re.sub(r"```get\n.*?```", lambda _: f"```get\n{part[0]}```", text, flags=re.DOTALL),
            encoding="utf-8",
        )
    else:
        assert f"```get\n{part[0]}```" in text
    assert (folder / "data.html").stat().st_size > 10_000


def test_the_path_of_the_files_that_come_along(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [section] = [section for section in STEPS if section.title == SHIPPED]
    steps(section, capsys)


def test_all_commands_are_shown() -> None:
    commands = [command.split()[0] for section in STEPS for command, _ in section.commands]
    assert commands == ["init", "data", "train", "evaluate", "init", "data"]
