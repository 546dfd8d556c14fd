"""Profiles of the samples with the most signal: measured as an area, predicted as a line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from getdsl.runs.pictures.style import GREY, ORANGE, Names, panels, positions, save
from getdsl.runs.watched.examples import Example

if TYPE_CHECKING:  # it is slow to import
    from matplotlib.axes import Axes

MOST_POINTS = 500  # of a line; more positions are drawn as means of neighbours


def draw_profiles(
    folder: Path, term: str, examples: Sequence[Example], title: str, along: str, names: Names
) -> bool:
    """`profiles_TERM`, a row for each sample, a column for each of the first tracks."""
    if not examples or not examples[0].measured.shape[0]:
        return False
    tracks = examples[0].measured.shape[1] if examples[0].measured.dim() == 2 else 1
    size = (7.5, 2.3) if tracks == 1 else (4.4, 2.3)
    with panels(tracks * len(examples), size, across=tracks) as (figure, found):
        for row, example in enumerate(examples):
            for track in range(tracks):
                axes = found[row * tracks + track]
                sides = (_track(side, track) for side in (example.measured, example.predicted))
                _profile(axes, *sides)
                axes.set_title(names(example.sample) + (f", track {track}" if tracks > 1 else ""))
        for axes in found[-tracks:]:
            axes.set_xlabel(positions(along))
        for axes in found[::tracks]:
            axes.set_ylabel(term)
        found[0].legend(loc="upper left", fontsize=9)
        figure.suptitle(f"{title}\nthe samples with the most signal", fontsize=11)
        save(figure, folder, f"profiles_{term}")
    return True


def _track(side: Tensor, track: int) -> Tensor:
    return side[:, track] if side.dim() == 2 else side


def _profile(axes: Axes, measured: Tensor, predicted: Tensor) -> None:
    step = -(-len(measured) // MOST_POINTS)
    x = np.arange(0, len(measured), step)
    tall, line = (_means(side, step) for side in (measured, predicted))
    label = "measured" if step == 1 else f"measured, mean of {step}"
    axes.fill_between(x, tall, step="mid", color=GREY, alpha=0.55, linewidth=0, label=label)
    axes.plot(x, line, color=ORANGE, linewidth=1.2, label="predicted")
    axes.set_xlim(0, max(1, len(measured) - 1))


def _means(side: Tensor, step: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Means of so many neighbours each; NaN where there are none."""
    values = side.double().numpy()
    starts = range(0, len(values), step)
    return np.array([_mean(values[start : start + step]) for start in starts])


def _mean(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else float("nan")
