"""The table of docs/yeast.md, written anew from benchmarks/results/yeast.csv.

python benchmarks/yeast_page.py
"""

from __future__ import annotations

import csv
import re
import statistics
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "yeast.csv"
PAGE = Path(__file__).parents[1] / "docs" / "yeast.md"
TABLE = re.compile(r"(<!-- figures: .*? -->\n)(.*?)(<!-- end of figures -->)", re.DOTALL)
HEAD = ["| spec | figure | value | baseline | seeds | seconds |", "|---|---|---|---|---|---|"]
Row = dict[str, str]


def main() -> None:
    with RESULTS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), rows), encoding="utf-8")


def written(page: str, rows: list[Row]) -> str:
    """The page with the figures of these rows."""
    return TABLE.sub(lambda found: found[1] + table(rows) + found[3], page)


def table(rows: list[Row]) -> str:
    """A line for each figure of each spec, over its seeds; the last row of a seed counts."""
    groups: dict[tuple[str, str, str], dict[str, Row]] = {}
    for row in rows:
        groups.setdefault((row["spec"], row["what"], row["metric"]), {})[row["seed"]] = row
    lines = [_line(*named, list(of_seeds.values())) for named, of_seeds in groups.items()]
    return "\n".join([*HEAD, *lines]) + "\n"


def _line(spec: str, what: str, metric: str, rows: list[Row]) -> str:
    name = f"`{spec}`" + (f", {what}" if what else "")
    seeds = ", ".join(sorted(row["seed"] for row in rows))
    baselines = [float(row["baseline"]) for row in rows if row["baseline"]]
    cells = [
        name,
        metric.replace("_", " "),
        _spread([float(row["value"]) for row in rows]),
        _spread(baselines) if baselines else "",
        seeds,
        f"{statistics.mean(float(row['seconds']) for row in rows):.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _spread(values: list[float]) -> str:
    """The mean, and beside it the standard deviation of several values that differ."""
    mean = f"{statistics.mean(values):.3f}"
    return f"{mean} ± {statistics.stdev(values):.3f}" if len(set(values)) > 1 else mean


if __name__ == "__main__":
    main()
