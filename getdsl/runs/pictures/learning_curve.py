"""Losses and validation metrics over the epochs: of one run, or of several, seeds as bands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from getdsl.runs.evaluation.report import shown_name
from getdsl.runs.pictures.style import COLOURS, GREY, logarithmic, panels, save, save_as, shortened
from getdsl.runs.run_folder.records import Row

if TYPE_CHECKING:  # it is slow to import
    from matplotlib.axes import Axes

STEEP = 10  # losses that span more than this factor get a logarithmic axis
FLOOR = -0.25  # a first epoch's R² may lie far below, and would flatten all the rest
MOST_GROUPS = 10  # of runs in one picture
LOSSES = {"train_loss": "training", "val_loss": "validation"}

History = Sequence[Row]


def draw_learning_curve(folder: Path, history: History, best: float) -> None:
    """Losses on the left, validation metrics on the right, the kept epoch marked."""
    metrics = _metrics([history])
    with panels(2 if metrics else 1, (4.7, 3.8)) as (figure, found):
        _losses(found[0], history)
        if metrics:
            _validation(found[1], history, metrics)
        for axes in found:
            axes.axvline(best, color=GREY, linewidth=1, linestyle=":", label=f"kept: epoch {best:g}")
            _epochs(axes)
            axes.legend()
        save(figure, folder, "learning_curve")


def draw_comparison(path: Path, groups: Mapping[str, Sequence[History]]) -> None:
    """Runs that differ only in their seed are one line, their mean, in a band from the least to the most."""
    shown = dict(list(groups.items())[:MOST_GROUPS])
    histories = [history for runs in shown.values() for history in runs]
    names = [name for name in LOSSES if any(name in row for history in histories for row in history)]
    names += _metrics(histories)
    with panels(len(names), (4.7, 3.8)) as (figure, found):
        for axes, name in zip(found, names, strict=True):
            for number, (group, runs) in enumerate(shown.items()):
                _band(axes, group, [_column(history, name) for history in runs], number)
            axes.set_title(_title(name))
            axes.set_ylabel(_unit(name))
            _epochs(axes)
            if name in LOSSES:
                _steep(axes, [value for history in histories for value in _column(history, name).values()])
            else:
                axes.set_ylim(bottom=max(axes.get_ylim()[0], FLOOR))
        found[0].legend(fontsize=8.5)
        save_as(figure, path)


# -- which figures, and what they are


def _metrics(histories: Iterable[History]) -> list[str]:
    """The validation metrics without a unit of their own."""
    names = dict.fromkeys(name for history in histories for row in history for name in row)
    others = ("mse", "mae")
    return [
        name
        for name in names
        if name.startswith("val_") and not name.startswith("val_loss") and not name.endswith(others)
    ]


def _title(name: str) -> str:
    if name in LOSSES:
        return f"{LOSSES[name].capitalize()} loss"
    return f"Validation {shown_name(name.removeprefix('val_'))}"


def _unit(name: str) -> str:
    return "loss, mean per sample" if name in LOSSES else shown_name(name.removeprefix("val_"))


def _column(history: History, name: str) -> dict[float, float]:
    """A figure by epoch."""
    return {row["epoch"]: row[name] for row in history if name in row}


# -- drawing


def _losses(axes: Axes, history: History) -> None:
    _curves(axes, history, LOSSES)
    axes.set_ylabel("loss, mean per sample")
    axes.set_title("Loss")
    _steep(axes, [row[name] for row in history for name in LOSSES if name in row])


def _validation(axes: Axes, history: History, metrics: Sequence[str]) -> None:
    _curves(axes, history, {name: shown_name(name.removeprefix("val_")) for name in metrics})
    axes.set_ylabel("correlation or R², whole validation set")
    axes.set_title("Validation metrics")
    axes.set_ylim(bottom=max(axes.get_ylim()[0], FLOOR))


def _curves(axes: Axes, history: History, names: Mapping[str, str]) -> None:
    for number, (name, label) in enumerate(names.items()):
        column = _column(history, name)
        if column:
            _line(axes, list(column), list(column.values()), label, number)


def _line(axes: Axes, x: Sequence[float], y: Sequence[float], label: str, number: int) -> None:
    """Told apart by colour, and after as many as there are colours by dashes."""
    style = ("-", "--", ":")[number // len(COLOURS) % 3]
    colour = COLOURS[number % len(COLOURS)]
    axes.plot(x, y, style, marker="o", markersize=3.5, color=colour, label=shortened(label))


def _band(axes: Axes, label: str, columns: Sequence[Mapping[float, float]], number: int) -> None:
    epochs = sorted({epoch for column in columns for epoch in column})
    if not epochs:
        return
    values = [[column[epoch] for column in columns if epoch in column] for epoch in epochs]
    seeds = f" ({len(columns)} seeds)" if len(columns) > 1 else ""
    _line(axes, epochs, [float(np.mean(each)) for each in values], label + seeds, number)
    if len(columns) > 1:
        low, high = [min(each) for each in values], [max(each) for each in values]
        axes.fill_between(epochs, low, high, color=COLOURS[number % len(COLOURS)], alpha=0.2, linewidth=0)


def _steep(axes: Axes, losses: Sequence[float]) -> None:
    """A logarithmic axis, where losses span so much."""
    if losses and min(losses) > 0 and max(losses) > STEEP * min(losses):
        logarithmic(axes)


def _epochs(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
