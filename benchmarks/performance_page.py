"""docs/performance.md, written from benchmarks/results/: the newest row of each measure.

python benchmarks/performance_page.py
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from performance_measures import MEASURES, Measure

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
HEAD = """# Speed and memory, measured

What is measured, on what, and by which command. Generated from `benchmarks/results/`, which holds all rows,
by `benchmarks/performance_page.py`; here stands the newest row of each measure. A baseline is measured in the
same run, and its results are held against ours before any time counts.
What specs reach on yeast data is [a page of its own](yeast.md).
"""
Row = dict[str, str]


def page() -> str:
    return "\n".join([HEAD, *(line for measure in MEASURES for line in section(measure))])


def section(measure: Measure) -> Iterator[str]:
    yield f"## {measure.title}\n"
    yield f"{measure.what}\n"
    yield f"```sh\n{measure.command}\n```\n"
    columns = ["date", "machine", "Python, torch", *measure.columns.values()]
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for row in newest(measure, rows(measure.file)):
        cells = [row["date"][:10], row["machine"], f"{row['python']}, {row['torch']}"]
        yield f"| {' | '.join([*cells, *(row[name] or 'none' for name in measure.columns)])} |"
    yield ""


def rows(file: str) -> list[Row]:
    with (RESULTS / file).open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened)) if file.endswith(".csv") else seeds(json.load(opened))


def seeds(found: dict[str, Any]) -> list[Row]:
    """The runs of quickstart.json as rows."""
    machine = found["machine"]
    on = {
        "date": found["date"],
        "machine": f"{machine['processor']} x {machine['cores']}",
        "python": found["versions"]["python"],
        "torch": found["versions"]["torch"],
    }
    return [
        on
        | {
            "seed": str(run["seed"]),
            "seconds": f"{run['seconds']:.4g}",
            "pearson": f"{run['model']['pearson']:.3f}",
            "baseline": f"{run['baseline']['pearson']:.3f}",
        }
        for run in found["runs"]
    ]


def newest(measure: Measure, found: list[Row]) -> list[Row]:
    """The last row of each measure; of many, those with the largest figure."""
    last = {
        tuple(row[name] for name in measure.by): row
        for row in found
        if all(row[name] == value for name, value in measure.only.items())
    }
    kept = list(last.values())
    if measure.largest:
        kept.sort(key=lambda row: -float(row[measure.largest]))
    return kept[: measure.most]


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
