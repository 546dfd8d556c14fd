"""docs/tour.ipynb runs from its first cell to its last, on a run of the quickstart of a few samples."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from getdsl.cli import main

ROOT = Path(__file__).parent.parent
TOUR = ROOT / "docs" / "tour.ipynb"
EXECUTE = """
import sys
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[2])
"""
LITTLE = ("train.epochs=1", "data.per_epoch=64", "data.eval_samples=64")


def outputs(path: Path) -> list[set[str]]:
    """The kinds of what each cell of code shows."""
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
    return [{output["output_type"] for output in cell["outputs"]} for cell in cells]


def test_the_tour_runs(tmp_path: Path) -> None:
    settings = [word for each in LITTLE for word in ("--set", each)]
    run = ["train", str(ROOT / "specs" / "quickstart.get"), "-o", str(tmp_path / "runs" / "quickstart")]
    assert main([*run, *settings, "--threads", "1", "--quiet"]) == 0
    environment = {
        **{name: value for name, value in os.environ.items() if name != "MPLBACKEND"},
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", EXECUTE, str(TOUR), str(tmp_path / "ran.ipynb")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert outputs(tmp_path / "ran.ipynb") == outputs(TOUR)  # the same kinds, whatever the figures
    assert "/home" not in TOUR.read_text()
    assert str(Path.cwd()) not in TOUR.read_text()
