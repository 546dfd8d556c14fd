"""The two pictures of a run: the learning curve, and predicted against measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from getdsl.runs.checkpoint import saving
from getdsl.runs.measurement import Floats
from getdsl.runs.records import Row
from getdsl.runs.report import SPLIT_NAMES, Report, shown_name
from getdsl.text.whole import whole_file

if TYPE_CHECKING:  # it is slow to import
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#6b6b6b"  # told apart by the colour-blind too
MANY = 400  # points from which their density is drawn
STEEP = 10  # losses that span more than this factor get a logarithmic axis
FLOOR = -0.25  # a first epoch's R² may lie far below, and would flatten all the rest
STYLE: Any = {"axes.spines.top": False, "axes.spines.right": False, "font.size": 10, "axes.titlesize": 11}


def _save(figure: Figure, path: Path) -> None:
    with saving(path), whole_file(path) as aside:
        figure.savefig(aside, format="png", dpi=150)


def plot_learning_curve(path: Path, history: Sequence[Row], best: float) -> None:
    """Losses on the left, validation metrics on the right, the kept epoch marked."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    metrics = [name for name in history[0] if _is_shown(name)]
    with rc_context(STYLE):
        figure = Figure(figsize=(9 if metrics else 5, 3.8), layout="constrained")
        panels = figure.subplots(1, 2 if metrics else 1, squeeze=False)[0]
        _losses(panels[0], history)
        if metrics:
            _metrics(panels[1], history, metrics)
        for each in panels:
            each.axvline(best, color=GREY, linewidth=1, linestyle=":", label=f"kept: epoch {best:g}")
            each.set_xlabel("epoch")
            each.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
            each.legend(frameon=False)
        _save(figure, path)


def _is_shown(name: str) -> bool:
    """Whether a figure is a validation metric without a unit of its own."""
    return name.startswith("val_") and not name.startswith("val_loss") and not name.endswith(("mse", "mae"))


def _losses(axes: Axes, history: Sequence[Row]) -> None:
    names = {"train_loss": "training", "val_loss": "validation"}
    _curves(axes, history, names)
    axes.set_ylabel("loss, mean per sample")
    axes.set_title("Loss")
    losses = [row[name] for row in history for name in names if name in row]
    if min(losses) > 0 and max(losses) > STEEP * min(losses):
        axes.set_yscale("log")


def _metrics(axes: Axes, history: Sequence[Row], metrics: Sequence[str]) -> None:
    _curves(axes, history, {name: shown_name(name.removeprefix("val_")) for name in metrics})
    axes.set_ylabel("correlation or R², whole validation set")
    axes.set_title("Validation metrics")
    axes.set_ylim(bottom=max(axes.get_ylim()[0], FLOOR))


def _curves(axes: Axes, history: Sequence[Row], names: Mapping[str, str]) -> None:
    epochs = [row["epoch"] for row in history]
    colors = [BLUE, ORANGE, "#009e73", "#cc79a7", "#56b4e9"]
    for number, (name, label) in enumerate(names.items()):
        if name in history[0]:
            axes.plot(
                epochs,
                [row[name] for row in history],
                marker="o",
                markersize=3.5,
                color=colors[number % 5],
                label=label,
            )


def plot_predictions(path: Path, report: Report, units: dict[str, str]) -> None:
    """A square panel for each measured term, with the line of equality; `units` says what its values are."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=(4.8 * len(report.pairs) + 0.4, 4.8), layout="constrained")
        panels = figure.subplots(1, len(report.pairs), squeeze=False)[0]
        for axes, (term, (prediction, target)) in zip(panels, report.pairs.items(), strict=True):
            _panel(figure, axes, prediction, target)
            unit = f", {units[term]}" if units.get(term) else ""
            axes.set_xlabel(f"measured {term}{unit}")
            axes.set_ylabel(f"predicted {term}{unit}")
            axes.set_title(_title(report, term, len(prediction)))
        _save(figure, path)


def _title(report: Report, term: str, values: int) -> str:
    r = report.model.get("pearson", report.model.get(f"{term}_pearson"))
    shown = f"r = {r:.3f}, " if r is not None else ""
    return f"{SPLIT_NAMES[report.split]}: {shown}n = {values:,}"


def _panel(figure: Figure, axes: Axes, prediction: Floats, target: Floats) -> None:
    """Predictions often span less than what was measured, so that each axis has its own range."""
    if len(target) < MANY:
        axes.scatter(target, prediction, s=14, color=BLUE, alpha=0.6, linewidths=0)
    else:
        order, density = _density(target, prediction)
        points = axes.scatter(
            target[order],
            prediction[order],
            s=6,
            c=density[order],
            cmap="viridis",
            linewidths=0,
            rasterized=True,
        )
        figure.colorbar(points, ax=axes, label="density of points (1 = densest)", shrink=0.8)
    low, high = min(target.min(), prediction.min()), max(target.max(), prediction.max())
    margin = 0.03 * (high - low) or 1.0
    axes.plot([low, high], [low, high], color=GREY, linewidth=1, linestyle="--", label="predicted = measured")
    axes.set_xlim(low - margin, high + margin)
    axes.set_ylim(low - margin, high + margin)
    axes.set_aspect("equal")
    axes.legend(frameon=False, loc="upper left")


def _density(x: Floats, y: Floats) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The order to draw points in, dense ones on top, and the density at each, from a smoothed histogram."""
    from scipy.ndimage import gaussian_filter

    counts, edges_x, edges_y = np.histogram2d(x, y, bins=80)
    smooth = gaussian_filter(counts, 1.5)
    column = np.clip(np.searchsorted(edges_x, x) - 1, 0, 79)
    row = np.clip(np.searchsorted(edges_y, y) - 1, 0, 79)
    density = smooth[column, row] / smooth.max()
    return np.argsort(density), density
