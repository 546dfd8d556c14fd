"""Contributions as TF-MoDISco takes them: `modisco motifs -s ohe.npz -a shap.npz`, and a run of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import zarr

from getdsl.diagnostics import UserError
from getdsl.runs.checkpoint import saving
from getdsl.runs.interpret.store import open_interpretation
from getdsl.runs.interpret.walk import Array
from getdsl.text.whole import whole_file

OHE, SHAP, FOUND = "ohe.npz", "shap.npz", "modisco.h5"
MAX_SEQLETS = 20_000


def dna_of(group: zarr.Group) -> str:
    """The input whose hypothetical contributions a group holds. Raises UserError where it has none."""
    names = sorted(name for name, _ in group["hypothetical"].arrays()) if "hypothetical" in group else []
    if not names:
        raise UserError(
            "there are no contributions of bases in it",
            "interpret the DNA by deepshap, deeplift, integrated_gradients, input_x_gradient or ism",
        )
    return names[0]


def arrays_of(group: zarr.Group, kind: str) -> Array:
    """`inputs`, `hypothetical` or `contributions` of the DNA, [N, L, 4]."""
    found: Array = group[f"{kind}/{dna_of(group)}"][...]
    return found


def write_npz(path: Path, folder: Path) -> tuple[Path, Path]:
    """One-hot DNA and hypothetical contributions, each [N, 4, L] of float32 under `arr_0`."""
    group = open_interpretation(path)
    files = folder / OHE, folder / SHAP
    for file, kind in zip(files, ("inputs", "hypothetical"), strict=True):
        values = arrays_of(group, kind).transpose(0, 2, 1).astype(np.float32)
        with saving(file), whole_file(file) as aside, aside.open("wb") as opened:
            np.savez_compressed(opened, values)
    return files


def run_modisco(path: Path, folder: Path) -> Path:
    """Writes the motifs that TF-MoDISco finds. Raises UserError where it is not installed, or fails."""
    program = shutil.which("modisco")
    if program is None:
        raise UserError(
            "this needs TF-MoDISco, which is not installed", "run `pip install modisco-lite`, or take `--npz`"
        )
    sequences, contributions = write_npz(path, folder)
    found = folder / FOUND
    command = [program, "motifs", "-s", sequences, "-a", contributions, "-n", MAX_SEQLETS, "-o", found]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    if done.returncode:
        *_, last = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise UserError(f"`modisco motifs` failed: {last}", f"its input is in `{folder}`")
    return found
