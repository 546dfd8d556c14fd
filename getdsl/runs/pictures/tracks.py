"""How well each track of a term is predicted: a bar each, or where they are many their curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from getdsl.runs.pictures.style import BLUE, GREY, ORANGE, panels, save

if TYPE_CHECKING:  # it is slow to import
    from matplotlib.axes import Axes

MOST_BARS = 40  # tracks that have a bar and a number each


def draw_tracks(folder: Path, term: str, correlations: Sequence[float], where: str) -> bool:
    """`tracks_TERM`, from the Pearson correlation of each track; NaN where it is not defined."""
    defined = [value for value in correlations if math.isfinite(value)]
    if not defined:
        return False
    few = len(correlations) <= MOST_BARS
    width = max(4.7, 1.8 + 0.3 * len(correlations)) if few else 6.5
    with panels(1, (width, 3.6)) as (figure, (axes,)):
        (_bars if few else _curve)(axes, correlations)
        median = sorted(defined)[len(defined) // 2] if len(defined) % 2 else _middle(defined)
        axes.axhline(median, color=ORANGE, linewidth=1.2, linestyle="--", label=f"median {median:.3f}")
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.set_ylim(min(0.0, *defined) - (0.05 if min(defined) < 0 else 0), max(1.0, *defined))
        axes.set_ylabel("Pearson r, predicted with measured")
        axes.set_title(f"{term}: {len(correlations):,} tracks, {where}")
        axes.legend(loc="upper right", frameon=True, facecolor="white", framealpha=0.8, edgecolor="none")
        save(figure, folder, f"tracks_{term}")
    return True


def _middle(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return (ordered[len(ordered) // 2 - 1] + ordered[len(ordered) // 2]) / 2


def _bars(axes: Axes, correlations: Sequence[float]) -> None:
    numbers = list(range(len(correlations)))
    axes.bar(
        numbers, [value if math.isfinite(value) else 0 for value in correlations], color=BLUE, width=0.75
    )
    for number, value in zip(numbers, correlations, strict=True):
        if not math.isfinite(value):
            axes.text(
                number, 0.02, "not defined", rotation=90, ha="center", va="bottom", fontsize=8, color=GREY
            )
    axes.set_xticks(numbers)
    axes.tick_params(axis="x", labelsize=8 if len(numbers) > 20 else 10)
    axes.set_xlabel("track, by its number in the output")


def _curve(axes: Axes, correlations: Sequence[float]) -> None:
    ordered = sorted((value for value in correlations if math.isfinite(value)), reverse=True)
    axes.fill_between(range(1, len(ordered) + 1), ordered, color=BLUE, alpha=0.8, linewidth=0, step="mid")
    axes.set_xlim(1, max(2, len(ordered)))
    axes.set_xlabel("tracks, the best first")
