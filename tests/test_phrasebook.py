"""Every line of the phrasebook is a piece of a model that is checked and fine."""

from __future__ import annotations

import re
from pathlib import Path

from getdsl.compiler.check import check_text

PAGE = (Path(__file__).parent.parent / "docs/phrasebook.md").read_text()
INPUTS = "input x: [B, L, 16]  input dna: onehot[B, L, 4]  input ids: int[B, L]  input v: [B, 32]"
ROW = re.compile(r"^\| .* \| (`.*`) \|$", re.MULTILINE)
LINES = [line for row in ROW.findall(PAGE) for line in re.findall(r"`([^`]+)`", row) if line != ".get"]


def mistakes(line: str) -> list[str]:
    used = "sum(to_float(ids)) + sum(v) + sum(dna)"
    checked = check_text(f"model M {{ {INPUTS}  {line}  output result = y  output used = {used} }}")
    return [item.message for item in checked.diagnostics if item.severity == "error"]


def test_every_line_is_fine() -> None:
    assert len(LINES) > 50
    assert {line: found for line in LINES if (found := mistakes(line))} == {}


def test_a_wrong_line_is_found() -> None:
    assert mistakes("y = x -> Linaer(8)")
