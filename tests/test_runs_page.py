"""docs/runs.md: each command prints what the page shows, figures aside. GETDSL_UPDATE=1 writes it anew."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from getdsl.cli import main
from getdsl.runs.opened.options import Options
from getdsl.runs.sweep.carry_out import Outcome, carry_out
from getdsl.runs.sweep.points import Point
from tests.language.test_documents import sections

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "runs.md"
UPDATE = os.environ.get("GETDSL_UPDATE") == "1"
MACHINE = ("--threads", "1", "--device", "cpu")
FIRST = "runs/first"  # whose pictures are drawn


def without_figures(text: str) -> list[str]:
    """The lines, whatever numbers, hashes and times are in them, and which epoch was the best."""
    words = re.sub(r"\b[0-9a-f]{8}\b", "#", text)
    words = re.sub(r"-?\d[\d.,]*(e[+-]?\d+)?", "#", words).replace(" *", "")
    return [re.sub(r"\s+", " ", line).strip() for line in words.splitlines()]


def ran(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    arguments = shlex.split(command)
    trains = arguments[0] in ("train", "sweep")
    main([*arguments, *(MACHINE if trains else ())])
    printed = capsys.readouterr()
    return re.sub(r" +$", "", printed.err + printed.out, flags=re.MULTILINE)


def in_this_process(points: Sequence[Point], options: Options) -> Iterator[tuple[Point, Outcome | None]]:
    for point in points:
        yield point, carry_out(point, options)


def test_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("getdsl.runs.sweep.workers._one_after_another", in_this_process)
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(r"^```get promoters\.get\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    Path("promoters.get").write_text(found[1], encoding="utf-8")
    for section in sections(PAGE):
        for command, shown in section.commands:
            out = ran(command, capsys)
            if FIRST in command:
                monkeypatch.setattr("getdsl.runs.training.train.draw_pictures", lambda *_: None)
            if UPDATE:
                text = text.replace(f"$ getdsl {command}\n{shown}", f"$ getdsl {command}\n{out}", 1)
            else:
                assert without_figures(out) == without_figures(shown), command
    if UPDATE:
        PAGE.write_text(text, encoding="utf-8")
    assert main(["check", f"{FIRST}/spec.get"]) == 0
    named = set(re.findall(r"`([\w.]+\.\w+|pictures/|spec/)`", text.partition("## Pictures")[0]))
    there = {path.name + ("/" if path.is_dir() else "") for path in Path(FIRST).iterdir()}
    assert there <= named
