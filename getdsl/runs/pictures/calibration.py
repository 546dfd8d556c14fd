"""Whether predicted probabilities can be taken at their word."""

from __future__ import annotations

from pathlib import Path

from getdsl.runs.pictures.style import BLUE, GREY, SKY, logarithmic, panels, save
from getdsl.runs.watched.probability_bins import BINS, Calibration


def draw_calibration(folder: Path, term: str, found: Calibration | None, where: str) -> bool:
    """`calibration_TERM`: what came true against what was predicted, and how often each was predicted."""
    if found is None or not found.counts:
        return False
    with panels(2, (4.4, 4.0)) as (figure, (left, right)):
        left.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label="as predicted")
        label = f"{term}, mean distance {found.error():.3f}"
        left.plot(found.predicted, found.observed, marker="o", markersize=4, color=BLUE, label=label)
        left.set_xlim(-0.02, 1.02)
        left.set_ylim(-0.02, 1.02)
        left.set_aspect("equal")
        left.set_xlabel("predicted probability, mean of a bin")
        left.set_ylabel("share that came true")
        left.set_title("Calibration")
        left.legend(loc="upper left", fontsize=9)
        places = [min(int(value * BINS), BINS - 1) / BINS for value in found.predicted]
        right.bar(places, found.counts, width=1 / BINS, align="edge", color=SKY, edgecolor="white")
        logarithmic(right)
        right.set_ylim(bottom=1)
        right.set_xlim(0, 1)
        right.set_xlabel("predicted probability")
        right.set_ylabel("predictions (logarithmic)")
        right.set_title(f"{sum(found.counts):,} predictions, {where}")
        save(figure, folder, f"calibration_{term}")
    return True
