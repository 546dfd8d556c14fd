"""A design on disk: a table of its steps, the sequences, a picture of the goal, logos of what was changed."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import numpy as np

from getdsl.formats.fasta import Codes
from getdsl.runs.design.goal import Goal
from getdsl.runs.design.logo import draw_edits
from getdsl.runs.design.steps import Design
from getdsl.runs.pictures.style import COLOURS, panels, save, shortened

STEPS, SEQUENCES, PICTURE = "steps.tsv", "designs.fa", "steps"
SHOWN = 12  # designs in a picture
LINE = 80  # bases


def write_results(folder: Path, designs: Sequence[Design], goal: Goal) -> None:
    """Writes `steps.tsv`, `designs.fa`, `steps.png` and `.svg`, and `edits.png` and `.svg`."""
    _write_steps(folder / STEPS, designs, goal)
    _write_sequences(folder / SEQUENCES, designs, goal)
    _draw_steps(folder, designs[:SHOWN])
    draw_edits(folder, designs[:SHOWN])


def _write_steps(path: Path, designs: Sequence[Design], goal: Goal) -> None:
    text = StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    names = [term.name for term in goal.terms]
    writer.writerow(["sequence", "step", "change", "edits", "goal", *names, "gc"])
    for design in designs:
        for number, step in enumerate(design.steps):
            edits = int((step.codes != design.start.codes).sum())
            numbers = (f"{value:.6g}" for value in (step.gain, *step.values.tolist(), _gc(step.codes)))
            writer.writerow([design.start.name, number, step.what, edits, *numbers])
    path.write_text(text.getvalue(), encoding="utf-8")


def _gc(codes: Codes) -> float:
    return float(np.isin(codes, (1, 2)).mean())


def _write_sequences(path: Path, designs: Sequence[Design], goal: Goal) -> None:
    lines = []
    for design in designs:
        values = zip(goal.terms, design.steps[-1].values.tolist(), strict=True)
        told = " ".join(f"{term.name}={value:.6g}" for term, value in values)
        lines.append(f">{design.start.name} edits={design.edits} {told}")
        letters = "".join("ACGTN"[code] for code in design.codes)
        lines += [letters[at : at + LINE] for at in range(0, len(letters), LINE)]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _draw_steps(folder: Path, designs: Sequence[Design]) -> None:
    """The goal after each step, a line a sequence."""
    from matplotlib.ticker import MaxNLocator

    with panels(1, (6.4, 3.8)) as (figure, (axes,)):
        for at, design in enumerate(designs):
            gains = [step.gain for step in design.steps]
            label = shortened(design.start.name, 24)
            axes.plot(range(len(gains)), gains, marker="o", markersize=3, color=COLOURS[at % 5], label=label)
        axes.set_xlabel("step")
        axes.set_ylabel("goal (more is better)")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(loc="lower right", fontsize=8)
        save(figure, folder, PICTURE)
