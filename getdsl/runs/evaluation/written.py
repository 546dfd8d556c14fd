"""Tables of figures as TSV, as JSON, and for people."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import IO

from getdsl.diagnostics import UserError
from getdsl.formats.json_values import Json
from getdsl.runs.evaluation.report import Report, number
from getdsl.runs.evaluation.tables import Row
from getdsl.runs.run_folder.checkpoint import saving
from getdsl.text.visible import visible
from getdsl.text.whole import whole_folder


def as_tsv(rows: Sequence[Row]) -> str:
    """A column for each figure that any row has; what is not defined is left empty."""
    text = StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, names, delimiter="\t", lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows({name: _shown(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _shown(value: str | int | float) -> str | int | float:
    return "" if isinstance(value, float) and not math.isfinite(value) else value


def as_json(rows: Sequence[Row]) -> list[Json]:
    """JSON has no NaN."""
    return [{name: None if _shown(value) == "" else value for name, value in row.items()} for row in rows]


def print_rows(rows: Sequence[Row], stream: IO[str]) -> None:
    """A table with few digits."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    names = list(dict.fromkeys(name for row in rows for name in row))
    for name in names:
        table.add_column(name, justify="left" if name in ("term", "celltype", "chrom") else "right")
    for row in rows:
        table.add_row(*(Text(_few_digits(row.get(name))) for name in names))
    Console(file=stream, width=None if stream.isatty() else 200, highlight=False).print(table)


def _few_digits(value: str | int | float | None) -> str:
    return number(value) if value is None or isinstance(value, float) else visible(str(value))


def refuse_taken(folder: Path) -> None:
    """Raises UserError where something stands there."""
    if folder.exists():
        raise UserError(f"`{folder}` exists already", "name another folder with `-o`")


def write_tables(folder: Path, rows: Sequence[Row], report: Report | None) -> None:
    """`metrics.tsv` and `metrics.json`, both or neither. Raises UserError where they cannot be written."""
    about: dict[str, Json] = {"rows": as_json(rows), "report": report.as_json() if report else None}
    with saving(folder), whole_folder(folder) as aside:
        (aside / "metrics.tsv").write_text(as_tsv(rows), encoding="utf-8")
        (aside / "metrics.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
