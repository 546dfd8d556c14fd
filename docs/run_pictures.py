"""Draws the pictures of `docs/runs.md`: trains what they are of (half an hour on a CPU), and takes them over.

python docs/run_pictures.py [FOLDER OF RUNS THAT ARE THERE]
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
IMAGES = HERE / "images"
SPECS = HERE.parent / "specs"
RUNS = {  # of a classifier, whose targets are ten stretches of a promoter each
    "quickstart": SPECS / "quickstart.get",
    "bpnet": SPECS / "yeast" / "bpnet.get",
    "contacts": SPECS / "yeast" / "contacts.get",
    "classifier": HERE / "classifier.get",
}
PICTURES = {
    "learning_curve": "quickstart/pictures/learning_curve.png",
    "predicted_vs_measured": "quickstart/pictures/predicted_vs_measured.png",
    "profiles": "bpnet/pictures/profiles_profile.png",
    "contact_maps": "contacts/pictures/contact_maps_hic.png",
    "tracks": "classifier/pictures/tracks_open.png",
    "calibration": "classifier/pictures/calibration_open.png",
    "curves": "curves.png",
}
GRID = ("--grid", "lr=1e-2,5e-2", "--seeds", "0,1,2", "--set", "train.epochs=8")


def getdsl(*arguments: str | Path) -> None:
    subprocess.run([sys.executable, "-m", "getdsl", *map(str, arguments)], check=True)


def runs(folder: Path) -> None:
    """Trains what is not there yet."""
    for name, spec in RUNS.items():
        if not (folder / name / "report.html").exists():
            getdsl("train", spec, "-o", folder / name, "--overwrite")
    found = re.search(r"^```get promoters\.get\n(.*?)^```$", (HERE / "runs.md").read_text(), re.M | re.S)
    assert found is not None
    (folder / "promoters.get").write_text(found[1])
    getdsl("sweep", folder / "promoters.get", "-o", folder / "sweep", *GRID)
    getdsl("runs", folder / "sweep", "--curves", folder / "curves.png")


def screenshot(page: Path, image: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser is not None, "a browser is needed: chromium"
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1240,1500")
    subprocess.run([browser, *flags, f"--screenshot={image}", page.resolve().as_uri()], check=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as aside:
        there = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(aside)
        runs(there)
        for name, picture in PICTURES.items():
            shutil.copyfile(there / picture, IMAGES / f"{name}.png")
        screenshot(there / "quickstart" / "report.html", IMAGES / "report.png")
