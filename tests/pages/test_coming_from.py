"""docs/coming-from.md: each right-hand side parses as a line of a spec, or is a command that could be run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pages.run import known, parses

PAGE = Path(__file__).parents[2] / "docs" / "coming-from.md"
RIGHT = re.findall(r"^\| .*\| `([^`]+)` \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
TOOLS = ["GET", "Hydra", "Keras", "PyTorch", "gReLU", "CREsted", "bpnet-lite"]


@pytest.mark.parametrize("line", sorted(set(RIGHT)))
def test_a_right_hand_side(line: str) -> None:
    if line.startswith("getdsl "):
        known(line)
    else:
        parses(line.replace("{ … }", "{ }"))


def test_every_row_is_held() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == TOOLS
    assert len(RIGHT) == sum(line.startswith("| ") for line in text.splitlines()) - len(TOOLS)
