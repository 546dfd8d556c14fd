"""Predicted against measured, a panel a term, with the model's figures and the baseline's in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from getdsl.compiler.lower.measures.value_pairs import metrics_of
from getdsl.compiler.sections.figures import figure_name
from getdsl.runs.evaluation.measurement import Floats
from getdsl.runs.evaluation.report import SPLIT_NAMES, Report
from getdsl.runs.pictures.style import BLUE, GREY, MAP, panels, save, shortened

if TYPE_CHECKING:  # it is slow to import
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FIGURES = {"pearson": "r", "spearman": "ρ", "r2": "R²"}
MANY = 400  # points from which their density is drawn
MOST = 20_000  # points that are drawn; the figures are of all
MOST_PANELS = 9
BINS = 80


def draw_predictions(folder: Path, report: Report, units: Mapping[str, str]) -> bool:
    """A square panel for each measured term, with the line of equality; `units` says what its values are."""
    pairs = dict(list(report.pairs.items())[:MOST_PANELS])
    pairs = {term: pair for term, pair in pairs.items() if len(pair[0])}
    if not pairs:
        return False
    with panels(len(pairs), (5.2, 4.8)) as (figure, found):
        for axes, (term, (prediction, target)) in zip(found, pairs.items(), strict=True):
            _points(figure, axes, prediction, target)
            unit = f", {shortened(units[term])}" if units.get(term) else ""
            axes.set_xlabel(f"measured {term}{unit}")
            axes.set_ylabel(f"predicted {term}{unit}")
            axes.set_title(f"{SPLIT_NAMES[report.split]}, n = {len(target):,}")
            _figures(axes, report, term)
        save(figure, folder, "predicted_vs_measured")
    return True


def _figures(axes: Axes, report: Report, term: str) -> None:
    """The model's figures and the baseline's, in the corner where points are rarest."""
    measured = metrics_of(FIGURES, *map(torch.from_numpy, report.pairs[term]))
    rows = [("", *FIGURES.values()), ("model", *(_figure(measured[name]) for name in FIGURES))]
    single = len(report.pairs) == 1
    baseline = {name: report.baseline.get(figure_name(term, name, single=single)) for name in FIGURES}
    if any(value is not None for value in baseline.values()):
        rows.append(("baseline", *map(_figure, baseline.values())))
    width = max(len(row[0]) for row in rows)
    lines = [f"{name:{width}}" + "".join(f"{value:>8}" for value in values) for name, *values in rows]
    box = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 3}
    axes.text(
        0.98, 0.02, "\n".join(lines), transform=axes.transAxes, ha="right", va="bottom",
        family="DejaVu Sans Mono", fontsize=8.5, bbox=box, zorder=5,
    )  # fmt: skip


def _figure(value: float | None) -> str:
    return "–" if value is None or not np.isfinite(value) else f"{value:.3f}"


def _points(figure: Figure, axes: Axes, prediction: Floats, target: Floats) -> None:
    """The points and the line of equality, on axes of one range."""
    chosen = _spread(len(target))
    x, y = target[chosen], prediction[chosen]
    if len(target) < MANY:
        axes.scatter(x, y, s=14, color=BLUE, alpha=0.6, linewidths=0)
    else:
        density = _density(target, prediction, chosen)
        order = np.argsort(density)  # dense ones on top
        points = axes.scatter(
            x[order], y[order], s=6, c=density[order], cmap=MAP, linewidths=0, rasterized=True
        )
        figure.colorbar(points, ax=axes, label="density of points (1 = densest)", shrink=0.8)
    low, high = min(target.min(), prediction.min()), max(target.max(), prediction.max())
    margin = 0.03 * (high - low) or 1.0
    axes.plot([low, high], [low, high], color=GREY, linewidth=1, linestyle="--", label="predicted = measured")
    axes.set_xlim(low - margin, high + margin)
    axes.set_ylim(low - margin, high + margin)
    axes.set_aspect("equal")
    axes.legend(loc="upper left")


def _spread(number: int) -> NDArray[np.intp]:
    """As many places of `number` values as are drawn, at random, and the same each time."""
    if number <= MOST:
        return np.arange(number)
    return np.sort(np.random.default_rng(0).choice(number, MOST, replace=False))


def _density(x: Floats, y: Floats, chosen: NDArray[np.intp]) -> NDArray[np.float64]:
    """The density of all points at the chosen ones, 1 where it is greatest, from a smoothed histogram."""
    from scipy.ndimage import gaussian_filter

    counts, edges_x, edges_y = np.histogram2d(x, y, bins=BINS)
    smooth = gaussian_filter(counts, 1.5)
    column = np.clip(np.searchsorted(edges_x, x[chosen]) - 1, 0, BINS - 1)
    row = np.clip(np.searchsorted(edges_y, y[chosen]) - 1, 0, BINS - 1)
    found: NDArray[np.float64] = smooth[column, row] / smooth.max()
    return found
