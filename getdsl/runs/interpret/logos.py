"""Pictures of contributions: tracks over whole sequences, logos of where most of it lies, logos of motifs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from getdsl.runs.interpret.libraries import library, quiet
from getdsl.runs.interpret.motif_table import MotifRow
from getdsl.runs.interpret.stored import Interpretation
from getdsl.runs.interpret.walk import Array
from getdsl.runs.pictures.style import BLUE, ORANGE, panels, save, shortened

if TYPE_CHECKING:  # it is slow to import
    from matplotlib.axes import Axes

SHOWN = 100  # bp of a logo
COLOURS = {"A": "#009e73", "C": "#0072b2", "G": "#e69f00", "T": "#d55e00"}


def draw_logos(path: Path, folder: Path, number: int) -> int:
    """A picture for each of the first samples of an interpretation, PNG and SVG; how many were drawn."""
    stored = Interpretation(path)
    values = stored.of_dna("contributions", slice(number))
    for row, each in enumerate(values):
        with panels(2, (11, 1.9), across=1) as (figure, (track, logo)):
            start = _draw_track(track, each.sum(1))
            _draw_logo(logo, each[start : start + SHOWN], start)
            figure.suptitle(shortened(_title(stored, row), 100), fontsize=11)
            save(figure, folder, f"{row:04d}")
    return len(values)


def _title(stored: Interpretation, row: int) -> str:
    """What a sample is called, where it lies, and what is explained."""
    samples = {name: stored.read(f"samples/{name}", row) for name in stored.names("samples")}
    called = str(samples.get("name", samples["index"]))
    if {"chrom", "start", "end"} <= samples.keys():
        called += f"  {samples['chrom']}:{samples['start']}-{samples['end']}"
    method, of = stored.attributes["request"]["method"], stored.attributes["target"]
    return f"{called}: {method} of {of} = {float(stored.read('output', row)):.3g}"


def _draw_track(axes: Axes, values: Array) -> int:
    """Contributions along the sequence; marks the stretch of the logo, and returns where that begins."""
    sums = np.convolve(np.abs(values), np.ones(min(SHOWN, len(values))), "valid")
    start = int(sums.argmax())
    axes.axvspan(start, min(start + SHOWN, len(values)), color=ORANGE, alpha=0.15, linewidth=0)
    axes.bar(np.arange(len(values)) + 0.5, values, width=1, color=BLUE)
    axes.set_xlim(0, len(values))
    axes.set_ylabel("contribution")
    axes.set_xlabel("position, bp")
    return start


def _draw_logo(axes: Axes, values: Array, start: int) -> None:
    import pandas

    frame = pandas.DataFrame(values, columns=[*"ACGT"], index=np.arange(start, start + len(values)))
    with quiet():
        library("logomaker").Logo(
            frame, ax=axes, color_scheme=COLOURS, font_name="DejaVu Sans", show_spines=False
        )
    axes.spines["left"].set_visible(True)
    axes.set_ylabel("contribution")


def draw_motifs(rows: Sequence[MotifRow], folder: Path, name: str) -> None:
    """The mean contributions along each motif, PNG and SVG."""
    with panels(len(rows), (3.6, 1.7)) as (figure, each):
        for rank, (row, axes) in enumerate(zip(rows, each, strict=True), 1):
            _draw_logo(axes, row.contributions, 0)
            axes.set_title(f"{rank}. {shortened(row.name, 24)}: {row.seqlets:,} × {row.mean:.3g}")
            axes.set_xticks([])
            axes.set_ylabel("")
        save(figure, folder, name)
