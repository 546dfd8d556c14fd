"""The bases that a design changed, drawn as letters above those that stood there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from getdsl.runs.design.steps import Design
from getdsl.runs.pictures.style import panels, save, shortened

if TYPE_CHECKING:  # it is slow to import
    from matplotlib.axes import Axes

LETTERS = {"A": "#009e73", "C": "#0072b2", "G": "#e69f00", "T": "#d55e00"}
MOST = 60  # places that a panel has room for


def draw_edits(folder: Path, designs: Sequence[Design]) -> None:
    """`edits.png` and `edits.svg`: for each design the places that changed, new letters above old ones."""
    with panels(len(designs), (11, 1.5), across=1) as (figure, each):
        for design, axes in zip(designs, each, strict=True):
            _draw(axes, design)
        save(figure, folder, "edits")


def _draw(axes: Axes, design: Design) -> None:
    places = np.flatnonzero(design.codes != design.start.codes)
    shown = places[:MOST]
    for at, place in enumerate(shown):
        for row, codes, alpha in ((1, design.codes, 1.0), (0, design.start.codes, 0.45)):
            letter = "ACGT"[codes[place]]
            axes.text(at, row, letter, color=LETTERS[letter], alpha=alpha, ha="center", va="center",
                      fontsize=14, fontweight="bold")  # fmt: skip
    left = f", the first {MOST} shown" if len(places) > MOST else ""
    axes.set_title(f"{shortened(design.start.name, 40)}: {len(places):,} edits{left}", loc="left")
    axes.set_xlim(-0.8, max(len(shown), 10) - 0.2)
    axes.set_ylim(-0.6, 1.6)
    axes.set_yticks([0, 1], ["start", "design"])
    axes.set_xticks(range(len(shown)), [str(place) for place in shown], rotation=90, fontsize=7)
