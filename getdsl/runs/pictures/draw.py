"""All pictures of a run that its terms allow: which apply follows from their shapes and losses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from getdsl.compiler.spec import Spec
from getdsl.compiler.stages.stages import compared
from getdsl.runs.evaluation.report import SPLIT_NAMES, Report
from getdsl.runs.outcome.files import PICTURES
from getdsl.runs.pictures.calibration import draw_calibration
from getdsl.runs.pictures.contact_maps import draw_contact_maps
from getdsl.runs.pictures.learning_curve import History, draw_learning_curve
from getdsl.runs.pictures.predicted_vs_measured import draw_predictions
from getdsl.runs.pictures.profiles import draw_profiles
from getdsl.runs.pictures.style import Names, shortened
from getdsl.runs.pictures.tracks import draw_tracks
from getdsl.runs.watched.watch import Seen
from getdsl.text.whole import whole_folder

Column = NDArray[np.generic]
MOST_TERMS = 12  # that have pictures of their own


def draw_pictures(
    folder: Path, report: Report, history: History, spec: Spec, table: Mapping[str, Column]
) -> None:
    """Draws them into `pictures` in a run's folder, in the place of those that are there.

    `table` has the columns that identify the samples of the report's split.
    """
    found = units(spec)
    with whole_folder(folder / PICTURES) as aside:
        if history:
            draw_learning_curve(aside, history, report.best["epoch"] if report.best else len(history))
        draw_predictions(aside, report, found)
        names = partial(_sample_name, table if _fits(table, report.samples) else {})
        for term, seen in list(report.seen.items())[:MOST_TERMS]:
            _draw_term(aside, term, seen, found.get(term, ""), SPLIT_NAMES[report.split], names)


def _draw_term(folder: Path, term: str, seen: Seen, unit: str, where: str, names: Names) -> None:
    axes = seen.axes
    title = ", ".join(filter(None, (f"{term}: {shortened(unit, 60)}" if unit else term, where)))
    draw_tracks(folder, term, seen.tracks, where)
    draw_calibration(folder, term, seen.calibration, where)
    if axes.kind == "contacts":
        draw_contact_maps(folder, term, seen.examples, title, axes.along, names)
    elif axes.kind == "profile":
        draw_profiles(folder, term, seen.examples, title, axes.along, names)


def _fits(table: Mapping[str, Column], samples: int) -> bool:
    return all(len(column) == samples for column in table.values())


def _sample_name(table: Mapping[str, Column], sample: int) -> str:
    """Its name, or else its place, or else its number."""
    if "name" in table:
        return shortened(str(table["name"][sample]), 30)
    if {"chrom", "start", "end"} <= table.keys():
        return shortened(f"{table['chrom'][sample]}:{table['start'][sample]}-{table['end'][sample]}", 30)
    return f"sample {sample:,}"


def units(spec: Spec) -> Mapping[str, str]:
    """What each term's target is, as the spec writes it."""
    pairs = {name: compared(term.setting.value) for name, term in spec.stages.terms.items()}
    return {
        name: " ".join(pair[1].span.text.split()).replace("batch.", "")
        for name, pair in pairs.items()
        if pair is not None
    }
