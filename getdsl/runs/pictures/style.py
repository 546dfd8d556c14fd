"""What all pictures share: colours, type, panels side by side, and how they are saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from getdsl.runs.run_folder.checkpoint import saving
from getdsl.text.whole import whole_file

if TYPE_CHECKING:  # it is slow to import
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, PINK, SKY, GREY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#6b6b6b"
COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY)  # told apart by the colour-blind too (Okabe and Ito 2008)
MAP = "viridis"
STYLE: Any = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 10,
    "axes.titlesize": 11,
    "legend.frameon": False,
    "svg.hashsalt": "getdsl",  # the same picture has the same names in it
}
Names = Callable[[int], str]  # what a sample of the split is called, by its number
FORMATS = ("png", "svg")
ACROSS = 3  # panels in a row


@contextmanager
def panels(
    number: int, size: tuple[float, float], *, across: int = ACROSS
) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure with so many panels of a size in inches, at most `across` in a row."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    columns = max(1, min(number, across))
    rows = max(1, -(-number // columns))
    with rc_context(STYLE):
        figure = Figure(figsize=(size[0] * columns, size[1] * rows), layout="constrained")
        found = figure.subplots(rows, columns, squeeze=False).flatten().tolist()
        for axes in found[number:]:
            axes.set_axis_off()
        yield figure, found[:number]


def save(figure: Figure, folder: Path, name: str) -> None:
    """Writes `name.png` and `name.svg`. Raises UserError where they cannot be written."""
    for format in FORMATS:
        save_as(figure, folder / f"{name}.{format}")


def save_as(figure: Figure, path: Path) -> None:
    """Writes a file of the kind that its name says. Raises UserError where it cannot be written."""
    format = path.suffix.removeprefix(".").lower() or "png"
    about = {"Date": None} if format == "svg" else {}
    with saving(path), whole_file(path) as aside:
        figure.savefig(aside, format=format, dpi=150, metadata=about)


def shortened(text: str, most: int = 48) -> str:
    """A label that fits, of a text that may be long; what matplotlib would read as a formula is plain."""
    plain = text.replace("$", r"\$")
    return plain if len(text) <= most else f"{plain[: most - 1]}…"


def logarithmic(axes: Axes) -> None:
    """Makes the y axis logarithmic, with plain numbers."""
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def positions(along: str) -> str:
    """The label of an axis of so many positions."""
    return "position" if along.isdigit() else f"position along {shortened(along, 24)}"
