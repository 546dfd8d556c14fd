"""The learning curves of several runs in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from getdsl.diagnostics import UserError
from getdsl.runs.comparison.changed import groups
from getdsl.runs.comparison.row import RunRow
from getdsl.runs.pictures.learning_curve import draw_comparison


def draw_curves(path: Path, rows: Sequence[RunRow]) -> None:
    """Runs that differ only in their seed are one line in a band. Raises UserError where there is none."""
    known = [row for row in rows if row.history]
    if not known:
        raise UserError("none of the runs has finished an epoch", "there is nothing to draw yet")
    found = groups(known)
    draw_comparison(
        path, {label: [list(map(dict, row.history)) for row in group] for label, group in found.items()}
    )
