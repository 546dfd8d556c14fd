"""A whole sweep: what is done is left, what was begun goes on, and what came of each point is kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from getdsl.diagnostics import UserError
from getdsl.runs.opened.options import Options
from getdsl.runs.run_folder.lock import locked
from getdsl.runs.sweep.carry_out import Outcome, is_done
from getdsl.runs.sweep.points import Point
from getdsl.runs.sweep.workers import Workers
from getdsl.text.whole import whole_file

RECORD = "sweep.json"

Told = Callable[[Point, Outcome | None], None]
"""Is told of each point that begins, and of what came of it."""


def sweep(
    points: Sequence[Point], folder: Path, options: Options, workers: Workers, told: Told
) -> dict[str, Outcome]:
    """Trains the points that are not done yet; the outcomes of all by name.

    With `options.overwrite` all are trained anew. Raises UserError where the folder cannot be written, or
    another sweep holds it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder, "sweeps into it"):
            return _carried_out(points, folder, options, workers, told)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UserError(f"cannot write in `{folder}`: {why}", "name another folder with `-o`") from error


def _carried_out(
    points: Sequence[Point], folder: Path, options: Options, workers: Workers, told: Told
) -> dict[str, Outcome]:
    if options.overwrite:
        for point in points:
            shutil.rmtree(point.folder, ignore_errors=True)
    outcomes = {point.name: Outcome("done") for point in points if is_done(point)}
    left = [point for point in points if point.name not in outcomes]
    _write(folder, points, outcomes)
    for point, outcome in workers.carry_out(left, replace(options, overwrite=False)):
        told(point, outcome)
        if outcome is not None:
            outcomes[point.name] = outcome
            _write(folder, points, outcomes)
    return outcomes


def _write(folder: Path, points: Sequence[Point], outcomes: dict[str, Outcome]) -> None:
    """`sweep.json`: the points, and what came of them so far."""
    rows = []
    for point in points:
        outcome = outcomes.get(point.name)
        rows.append(
            {
                "run": point.name,
                "settings": dict(point.settings),
                "spec_sha256": point.sha256,
                "state": outcome.state if outcome is not None else "waiting",
                "why": outcome.why if outcome is not None else "",
            }
        )
    base = points[0].base
    content = {"spec": str(base.spec), "settings": list(base.settings), "points": rows}
    with whole_file(folder / RECORD) as aside:
        aside.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
