"""Draws `docs/images/plan.png`: a terminal in which `getdsl plan` runs on the example of `docs/plan.md`.

python docs/plan_picture.py
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
COLUMNS = 100
SIZE = 11.0  # points of a letter; DejaVu Sans Mono's are 0.602 as wide
PAPER, INK, DIM, GOOD, NAME = "#16181d", "#d7dae0", "#7f8794", "#8fce7f", "#7fb7e8"


def example(folder: Path) -> list[str]:
    """What a user types and sees, in a folder with the page's spec and its checkpoint."""
    from_page = re.findall(r"^```get(?: (\S+))?\n(.*?)^```$", (HERE / "plan.md").read_text(), re.M | re.S)
    spec = next(body for name, body in from_page if name == "contact.get")
    (folder / "contact.get").write_text(spec)
    sys.path.insert(0, str(HERE.parent))
    from tests.plan.published import write_v1

    write_v1(folder / "astrocyte.safetensors")
    lines = []
    for command in ("plan contact.get", "plan contact.get --set-dim B=8 R=200 | tail -7"):
        done = subprocess.run(
            f"{sys.executable} -m getdsl {command}",
            shell=True,
            cwd=folder,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(HERE.parent)},
        )
        lines += [f"$ getdsl {command}", *(done.stdout + done.stderr).rstrip().splitlines(), ""]
    return lines[:-1]


def colour(line: str) -> tuple[str, str]:
    """Ink and weight of a line."""
    if line.startswith("$ "):
        return GOOD, "bold"
    if set(line) <= {"-", " "}:
        return DIM, "normal"
    if line.startswith(("block ", "total ")):
        return INK, "bold"
    if line.startswith("it can"):
        return GOOD if line.startswith("it can run") else "#e88f7f", "bold"
    return (NAME, "normal") if line.startswith("load ") else (INK, "normal")


def draw(lines: list[str], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    width, height = (COLUMNS + 4) * 0.602 * SIZE / 72, (len(lines) + 2) * 1.35 * SIZE / 72
    figure = pyplot.figure(figsize=(width, height), facecolor=PAPER)
    for number, line in enumerate(lines):
        ink, weight = colour(line)
        figure.text(
            2 / (COLUMNS + 4), 1 - (number + 1.6) / (len(lines) + 2), line.replace("$", r"\$"),
            family="DejaVu Sans Mono", fontsize=SIZE, color=ink, weight=weight, va="baseline",
        )  # fmt: skip
    figure.savefig(path, dpi=130, facecolor=PAPER)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        draw(example(Path(folder)), HERE / "images" / "plan.png")
