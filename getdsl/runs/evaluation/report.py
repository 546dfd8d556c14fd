"""What a run leaves to read: the table of figures, metrics.json, predictions.tsv and history.csv."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from getdsl.formats.json_values import Json, plain
from getdsl.runs.evaluation.figure_names import number as number
from getdsl.runs.evaluation.figure_names import shown_name as shown_name
from getdsl.runs.evaluation.measurement import Floats
from getdsl.runs.run_folder.checkpoint import saving
from getdsl.runs.run_folder.records import Best, Row, RunRecord
from getdsl.runs.watched.watch import Seen
from getdsl.text.visible import visible
from getdsl.text.whole import whole_file

SPLIT_NAMES = {"test": "held-out test set", "validation": "validation set", "train": "training set"}


@dataclass(frozen=True)
class Report:
    """The figures of a model on one split, and those of the baseline where it has one."""

    split: str
    samples: int
    chromosomes: list[str]
    model: dict[str, float]
    baseline: dict[str, float] = field(default_factory=dict)
    baseline_name: str = ""
    best: Best | None = None
    pairs: dict[str, tuple[Floats, Floats]] = field(default_factory=dict)
    seen: Mapping[str, Seen] = field(default_factory=dict)

    def as_json(self) -> dict[str, Json]:
        found: dict[str, Json] = {
            "split": self.split,
            "samples": self.samples,
            "chromosomes": list(self.chromosomes),
            "best": plain(self.best or {}),
            "model": {name: _json(value) for name, value in self.model.items()},
        }
        if self.baseline:
            found["baseline"] = {"what": self.baseline_name} | {
                name: _json(value) for name, value in self.baseline.items()
            }
        return found


def _json(value: float) -> float | None:
    """JSON has no NaN."""
    return value if math.isfinite(value) else None


def print_table(report: Report, stream: IO[str]) -> None:
    """One row for the model, one for the baseline."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(visible(headline(report))),
        title_justify="left",
        title_style="",
        box=None,
        pad_edge=False,
        padding=(0, 3, 0, 0),
    )
    table.add_column("")
    for name in report.model:
        table.add_column(shown_name(name), justify="right")
    table.add_row(Text(model_label(report.best)), *map(number, report.model.values()))
    if report.baseline:
        table.add_row(
            Text(report.baseline_name), *(number(report.baseline.get(name)) for name in report.model)
        )
    Console(file=stream, width=None if stream.isatty() else 160, highlight=False).print(table)


def headline(report: Report) -> str:
    where = (
        f" on {', '.join(report.chromosomes)}"
        if len(report.chromosomes) <= 6
        else f" on {len(report.chromosomes)} chromosomes"
    )
    return f"{SPLIT_NAMES[report.split]}: {report.samples:,} samples{where}"


def model_label(best: Best | None) -> str:
    if not best:
        return "model"
    why = f", best {best['monitor']} {number(best['value'])}" if "monitor" in best else ""
    return f"model (epoch {best['epoch']:g}{why})"


# -- files


def write_text(path: Path, text: str) -> None:
    """Whole or not at all. Raises UserError where it cannot be written."""
    with saving(path), whole_file(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_metrics(folder: Path, report: Report, record: RunRecord) -> None:
    """The figures, to the last digit, and what they were made from."""
    content = report.as_json() | {
        "model_name": record["spec"]["model"],
        "seed": record["seed"],
        "spec_sha256": record["spec"]["sha256"],
        "data_sha256": record["data"]["sha256"],
        "versions": record["versions"],
    }
    write_text(folder / "metrics.json", json.dumps(content, indent=2) + "\n")


def write_history(folder: Path, history: Sequence[Row]) -> None:
    text = StringIO()
    writer = csv.DictWriter(text, list(history[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    write_text(folder / "history.csv", text.getvalue())


def write_predictions(folder: Path, report: Report, table: Mapping[str, NDArray[np.generic]]) -> None:
    """A row for each prediction, with the columns that identify its sample.

    Where a sample has several values, `value` numbers them; where a mask has taken some away, the samples of
    the rest are not known here, and the rows have no such columns.
    """
    lines: list[str] = []
    for term, (prediction, target) in report.pairs.items():
        columns = _identified(table, report.samples, len(prediction))
        if len(report.pairs) > 1:
            columns = {"term": np.full(len(prediction), term)} | columns
        if not lines:
            lines.append("\t".join([*columns, "prediction", "target"]))
        values = (map(repr, map(float, column)) for column in (prediction, target))
        lines += map("\t".join, zip(*(map(str, column) for column in columns.values()), *values, strict=True))
    write_text(folder / "predictions.tsv", "\n".join(lines) + "\n")


def _identified(
    table: Mapping[str, NDArray[np.generic]], samples: int, values: int
) -> dict[str, NDArray[np.generic]]:
    if not samples or values % samples:
        return {"value": np.arange(values)}
    each = values // samples
    columns = {name: np.repeat(np.asarray(column), each) for name, column in table.items()}
    return columns if each == 1 else columns | {"value": np.tile(np.arange(each), samples)}
