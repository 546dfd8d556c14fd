"""What docs/plan.md shows is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from getdsl.cli import main
from getdsl.compiler.check import check_text
from tests.plan.published import SPECS, write_v1

PAGE = (Path(__file__).parents[2] / "docs/plan.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^```get (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
MODEL = (SPECS / "get/region_finetune.get").read_text(encoding="utf-8")


def test_the_first_example_can_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("contact.get").write_text(EXAMPLES["contact.get"], encoding="utf-8")
    write_v1(Path("astrocyte.safetensors"))
    assert main(["plan", "contact.get"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "region_embed, encoder.blocks.* (6)" in captured.out
    assert "24, rank 8" in captured.out
    assert main(["plan", "contact.get", "--detailed-exitcode"]) == 3


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "contact.get"])
def test_the_other_examples_are_right(name: str) -> None:
    checked = check_text(MODEL + EXAMPLES[name])
    assert {item.code for item in checked.diagnostics} <= {"GET603"}
