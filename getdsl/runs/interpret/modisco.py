"""Contributions as TF-MoDISco takes them: `modisco motifs -s ohe.npz -a shap.npz`, and a run of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np

from getdsl.diagnostics import UserError
from getdsl.runs.interpret.stored import Interpretation
from getdsl.runs.run_folder.checkpoint import saving
from getdsl.text.whole import whole_file

OHE, SHAP, FOUND = "ohe.npz", "shap.npz", "modisco.h5"
MAX_SEQLETS = 20_000


def write_npz(path: Path, folder: Path) -> tuple[Path, Path]:
    """One-hot DNA and hypothetical contributions, each [N, 4, L] of float32 under `arr_0`."""
    stored = Interpretation(path)
    files = folder / OHE, folder / SHAP
    for file, kind in zip(files, ("inputs", "hypothetical"), strict=True):
        values = stored.of_dna(kind).transpose(0, 2, 1).astype(np.float32)
        with saving(file), whole_file(file) as aside, aside.open("wb") as opened:
            np.savez_compressed(opened, values)
    return files


def installed() -> str:
    """TF-MoDISco's program. Raises UserError where it is not installed."""
    program = shutil.which("modisco")
    if program is None:
        raise UserError(
            "this needs TF-MoDISco, which is not installed", "run `pip install modisco-lite`, or take `--npz`"
        )
    return program


def run_modisco(path: Path, folder: Path) -> Path:
    """Writes the motifs that TF-MoDISco finds. Raises UserError where it is not installed, or fails."""
    program = installed()
    sequences, contributions = write_npz(path, folder)
    found = folder / FOUND
    command = [program, "motifs", "-s", sequences, "-a", contributions, "-n", MAX_SEQLETS, "-o", found]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    if done.returncode:
        *_, last = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise UserError(f"`modisco motifs` failed: {last}", f"its input is in `{folder}`")
    return found
