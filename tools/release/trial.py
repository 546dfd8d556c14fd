"""Tries an installed getdsl: `python trial.py`, by the Python of its environment and without the repository.

A spec of the package is checked, planned, compiled, trained for a moment and evaluated in an empty folder.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import getdsl

TINY = ("--set", "data.per_epoch=64", "--set", "data.eval_samples=64", "--set", "train.epochs=1")
COMMANDS = (
    ("--version",),
    ("check", "quickstart.get"),
    ("plan", "quickstart.get"),
    ("compile", "quickstart.get", "-o", "compiled"),
    ("train", "quickstart.get", "-o", "run", "--device", "cpu", *TINY),
    ("evaluate", "run", "--device", "cpu"),
)


def main() -> int:
    """0 where all commands went well; the first that did not is shown with what it printed."""
    package = Path(getdsl.__file__).parent
    specs = next(folder for folder in (package / "specs", package.parent / "specs") if folder.is_dir())
    with tempfile.TemporaryDirectory() as folder:
        shutil.copyfile(specs / "quickstart.get", Path(folder) / "quickstart.get")
        for command in COMMANDS:
            done = subprocess.run(
                [sys.executable, "-m", "getdsl", *command],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            print(f"{'ok' if done.returncode == 0 else 'FAILED'}  getdsl {' '.join(command)}", flush=True)
            if done.returncode:
                print(done.stdout + done.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
