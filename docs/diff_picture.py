"""Draws `docs/images/diff.png`: a terminal in which `getdsl diff` runs on the example of `docs/diff.md`.

python docs/diff_picture.py
"""

from __future__ import annotations

import re
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

HERE = Path(__file__).parent
SIZE, COLUMNS = 11.0, 104  # points of a letter; DejaVu Sans Mono's are 0.602 as wide
PAPER, INK = "#16181d", "#d7dae0"
INKS = {"32": "#8fce7f", "31": "#e88f7f", "33": "#e5c07b", "36": "#7fd0d8", "2": "#7f8794", "1": "#ffffff"}
Piece = tuple[str, str]  # some text, and the number of its colour


def example(folder: Path) -> list[str]:
    """What a user types and sees, with the escapes of its colours."""
    sys.path.insert(0, str(HERE.parent))
    from getdsl.diff.comparison import compare
    from getdsl.diff.opened import Asked, open_sides
    from getdsl.diff.page.text import text

    page = (HERE / "diff.md").read_text()
    for name, body in re.findall(r"^```get (\S+)\n(.*?)^```$", page, re.M | re.S):
        (folder / name).write_text(body)
    with chdir(folder):
        shown = text(
            compare(*open_sides("before.get", "after.get", Asked()), {"B": 8, "L": 1000}), color=True
        )
    return ["\x1b[32m$ getdsl diff before.get after.get --set-dim B=8 L=1000\x1b[0m", "", *shown.splitlines()]


def pieces(line: str) -> list[Piece]:
    found = re.findall(r"\x1b\[(\d)m|\x1b\[(\d\d)m|([^\x1b]+)", line)
    ink, made = "0", []
    for short, long, said in found:
        ink = short or long or ink
        if said:
            made.append((said, ink))
    return made


def draw(lines: list[str], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    width, height = (COLUMNS + 4) * 0.602 * SIZE / 72, (len(lines) + 2) * 1.35 * SIZE / 72
    figure = pyplot.figure(figsize=(width, height), facecolor=PAPER)
    for number, line in enumerate(lines):
        column = 2
        for said, ink in pieces(line):
            figure.text(
                column / (COLUMNS + 4), 1 - (number + 1.6) / (len(lines) + 2), said.replace("$", r"\$"),
                family="DejaVu Sans Mono", fontsize=SIZE, color=INKS.get(ink, INK),
                weight="bold" if ink == "1" else "normal", va="baseline",
            )  # fmt: skip
            column += len(said)
    figure.savefig(path, dpi=130, facecolor=PAPER)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        draw(example(Path(folder)), HERE / "images" / "diff.png")
