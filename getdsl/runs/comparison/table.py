"""The table of runs: its columns, its order, and how it is printed or handed over."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from getdsl.diagnostics import UserError, suggestion_or_list
from getdsl.formats.json_values import Json, plain
from getdsl.runs.comparison.changed import changed_settings
from getdsl.runs.comparison.row import RunRow
from getdsl.runs.evaluation.figure_names import number, shown_name
from getdsl.text.visible import visible

HIGHER = ("pearson", "spearman", "r2")  # figures of which more is better: the best stand first
HEX = 8  # digits of a spec's hash
WIDTH = 400  # where no terminal bounds it


@dataclass(frozen=True)
class Comparison:
    """Rows, with the settings in which they differ and the figures that any of them has."""

    rows: Sequence[RunRow]
    changed: Mapping[str, Sequence[str]]
    figures: Sequence[str]

    @staticmethod
    def of(rows: Sequence[RunRow]) -> Comparison:
        figures = dict.fromkeys(name for row in rows for name in row.figures)
        return Comparison(rows, changed_settings(rows), list(figures))

    def columns(self) -> dict[str, list[Json]]:
        """The values of each column, by the names that `--sort` takes."""
        rows = self.rows
        return {
            "run": [str(row.folder) for row in rows],
            "state": [row.state for row in rows],
            "model": [row.model for row in rows],
            "spec": [row.sha256 for row in rows],
            **{name: list(values) for name, values in self.changed.items()},
            "seed": [row.seed for row in rows],
            "epochs": [len(row.history) for row in rows],
            "best": [row.best.get("value") for row in rows],
            **{name: [row.figures.get(name) for row in rows] for name in self.figures},
            "time": [row.seconds for row in rows],
        }

    def sorted(self, name: str | None, *, reverse: bool = False) -> Comparison:
        """Rows by a column; those without a value last. Raises UserError for a name that is none."""
        if name is None:
            return self
        columns = self.columns()
        if name not in columns:
            raise UserError(f"there is no column `{name}`", suggestion_or_list(name, columns, "the columns"))
        downwards = name.endswith(HIGHER) != reverse
        values = columns[name]
        known = [i for i, value in enumerate(values) if _is_known(value)]
        unknown = [i for i, value in enumerate(values) if not _is_known(value)]
        order = sorted(known, key=lambda i: _key(values[i]), reverse=downwards) + unknown
        return Comparison.of([self.rows[i] for i in order])


def _is_known(value: Json) -> bool:
    return value not in (None, "") and not (isinstance(value, float) and math.isnan(value))


def _key(value: Json) -> tuple[bool, float, str]:
    """Numbers by size, before texts; texts that are numbers are."""
    try:
        return (False, float(value), "") if isinstance(value, int | float | str) else (True, 0.0, str(value))
    except ValueError:
        return True, 0.0, str(value)


# -- as JSON


def as_json(found: Comparison) -> list[dict[str, Json]]:
    """A table for each run, with all that is known of it."""
    return [
        {
            "run": str(row.folder),
            "state": row.state,
            "why": row.why,
            "model": row.model,
            "spec_sha256": row.sha256,
            "settings": {name: values[i] for name, values in found.changed.items() if values[i]},
            "overrides": plain(dict(row.overrides)),
            "seed": row.seed,
            "epochs": len(row.history),
            "best": plain(dict(row.best)),
            "figures": dict(row.figures),
            "seconds": round(row.seconds, 2),
        }
        for i, row in enumerate(found.rows)
    ]


# -- as text


def print_comparison(found: Comparison, stream: IO[str]) -> None:
    """A line a run, columns in which nothing stands left out; then why runs did not end well."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = {name: cells for name, cells in _cells(found).items() if any(cells)}
    numbers = {"seed", "epochs", "time", *map(shown_name, found.figures)}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in shown:
        table.add_column(Text(visible(name)), justify="right" if name in numbers else "left", no_wrap=True)
    for cells in zip(*shown.values(), strict=True):
        table.add_row(*(Text(visible(cell)) for cell in cells))
    console = Console(file=stream, width=None if stream.isatty() else WIDTH, highlight=False)
    with console.capture() as printed:
        console.print(table)
    for line in printed.get().splitlines():
        console.print(Text.from_ansi(line.rstrip()), soft_wrap=True)
    for row in found.rows:
        if row.why:
            console.print(Text(visible(f"{row.folder}: {row.why}")), soft_wrap=True)


def _cells(found: Comparison) -> dict[str, list[str]]:
    """The texts of all cells, by column."""
    rows = found.rows
    return {
        "run": [str(row.folder) for row in rows],
        "state": [row.state if row.state != "done" else "" for row in rows],
        "model": [row.model for row in rows],
        "spec": [row.sha256[:HEX] for row in rows],
        **{name: list(values) for name, values in found.changed.items()},
        "seed": ["" if row.seed is None else str(row.seed) for row in rows],
        "epochs": [str(len(row.history)) if row.history else "" for row in rows],
        "best": [_best(row) for row in rows],
        **{shown_name(name): [_figure(row, name) for row in rows] for name in found.figures},
        "time": [duration(row.seconds) if row.history else "" for row in rows],
    }


def _best(row: RunRow) -> str:
    """Such as `val_loss 1.1568, epoch 5`."""
    value, epoch = row.best.get("value"), row.best.get("epoch")
    monitored = f"{row.best.get('monitor')} {number(value)}, " if isinstance(value, int | float) else ""
    return f"{monitored}epoch {epoch}" if epoch is not None else ""


def _figure(row: RunRow, name: str) -> str:
    return number(row.figures[name]) if name in row.figures else ""


def duration(seconds: float) -> str:
    """Such as `1 h 05 min`, `12 min`, `34 s`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"
