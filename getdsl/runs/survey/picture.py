"""Histograms of all keys, as a PNG."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from getdsl.runs.pictures.style import BLUE, STYLE
from getdsl.runs.survey.survey import Survey
from getdsl.runs.survey.tally import KeyFigures
from getdsl.runs.survey.words import kind_of
from getdsl.text.whole import whole_file

if TYPE_CHECKING:  # it is slow to import
    from matplotlib.axes import Axes

COLUMNS = 3
BASES = {"A": "#009e73", "C": "#0072b2", "G": "#e69f00", "T": "#d55e00", "N": "#6b6b6b"}


def histograms(found: Survey) -> bytes:
    """A panel for each key: how many values there are of each size, or the share of each base."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    columns = max(1, min(COLUMNS, len(found.keys)))
    rows = max(1, -(-len(found.keys) // columns))
    with rc_context(STYLE):
        figure = Figure(figsize=(4.2 * columns, 3.1 * rows + 0.3), layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False).flatten()
        for axes, key in zip(panels, found.keys, strict=False):
            _panel(axes, key)
        for axes in panels[len(found.keys) :]:
            axes.set_axis_off()
        figure.suptitle(f"{found.looked_at:,} of {found.samples:,} samples", fontsize=10)
        written = BytesIO()
        figure.savefig(written, format="png", dpi=150)
    return written.getvalue()


def save_histograms(found: Survey, path: Path) -> None:
    with whole_file(path) as aside:
        aside.write_bytes(histograms(found))


def _panel(axes: Axes, key: KeyFigures) -> None:
    axes.set_title(f"{key.name}  {kind_of(key)}")
    if key.letters:
        axes.bar(list(key.letters), list(key.letters.values()), color=[BASES[each] for each in key.letters])
        axes.set_ylabel("share of positions")
        return
    if not len(key.counts):
        axes.text(0.5, 0.5, "no numbers", ha="center", va="center", transform=axes.transAxes)
        return
    axes.stairs(key.counts / key.counts.sum(), key.edges, fill=True, color=BLUE)
    axes.set_ylabel("share of values")
    axes.set_xlabel("value")
    axes.set_ylim(bottom=0)
    if key.logarithmic:
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(left=key.edges[0])
        axes.xaxis.set_major_formatter("{x:,g}")
