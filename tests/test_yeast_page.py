"""docs/yeast.md: its table is that of the results, and every spec on yeast stands in it and checks."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from getdsl.compiler.check import check

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "yeast.md"
RESULTS = ROOT / "benchmarks" / "results" / "yeast.csv"
SPECS = sorted((ROOT / "specs" / "yeast").glob("*.get"))


def rows() -> list[dict[str, str]]:
    with RESULTS.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_table_is_that_of_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import yeast_page

    page = PAGE.read_text(encoding="utf-8")
    assert yeast_page.written(page, rows()) == page, "run `python benchmarks/yeast_page.py`"


def test_every_row_says_how_it_came_about() -> None:
    for row in rows():
        assert all(row[name] for name in ("date", "machine", "torch", "seed", "command", "value")), row
        assert "-o runs/" in row["command"]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_spec_checks_and_is_described(path: Path) -> None:
    assert check(path).ok
    assert f"**{path.stem}**" in PAGE.read_text(encoding="utf-8")
