"""docs/performance.md says what the results say. GETDSL_UPDATE=1 writes it anew."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
ELSEWHERE = {"yeast.csv", "motifs.json", "region_motif_start.csv"}  # docs/yeast.md, docs/interpret.md


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import performance_page

    return performance_page


def test_the_page_is_that_of_the_results(generator: ModuleType) -> None:
    if os.environ.get("GETDSL_UPDATE") == "1":
        generator.main()
    assert generator.PAGE.read_text(encoding="utf-8") == generator.page(), "`make docs` writes it anew"


def test_every_file_of_results_stands_on_it(generator: ModuleType) -> None:
    shown = {measure.file for measure in generator.MEASURES}
    assert shown | ELSEWHERE == {path.name for path in generator.RESULTS.iterdir()}
    for measure in generator.MEASURES:
        assert (ROOT / measure.command.split()[1]).exists(), measure.command


def test_the_newest_row_of_each_is_shown(generator: ModuleType) -> None:
    measure = generator.Measure("", "", "", "", ("op",), {}, {"device": "cpu"}, largest="ms", most=2)
    told = [("a", "cpu", "9"), ("b", "cpu", "1"), ("a", "cpu", "2"), ("c", "cpu", "3"), ("d", "cuda", "8")]
    found = [{"op": op, "device": device, "ms": ms} for op, device, ms in told]
    assert [row["op"] + row["ms"] for row in generator.newest(measure, found)] == ["c3", "a2"]
