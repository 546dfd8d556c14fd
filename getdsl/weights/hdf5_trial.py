"""A first reading of an HDF5 file in a process of its own, as HDF5's C library can hang on a damaged one.

What it reads to the end once, it reads to the end again. What is wrong in ways that h5py can tell is left to
the reading that follows.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from getdsl.weights.errors import CheckpointError, damaged

SECONDS = 20  # of processor time
PATIENCE = 10  # times as long, by the clock, for a machine that is busy
Identity = tuple[int, int, int, int]


def refuse_endless(path: Path, file: BinaryIO, kind: str) -> None:
    """Raises CheckpointError where a process does not come to the end of a file, or breaks on it."""
    found = os.fstat(file.fileno())
    why = _verdict(str(path), kind, (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns), SECONDS)
    if why:
        raise damaged(path, why)


@lru_cache(maxsize=256)
def _verdict(path: str, kind: str, identity: Identity, seconds: int) -> str:
    """What is wrong with a file as it stands now, empty where nothing is."""
    packages = str(Path(__file__).parents[2])
    search = os.pathsep.join([packages, *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "getdsl.weights.hdf5_child", path, kind, str(seconds)]
    try:
        done = subprocess.run(
            command,
            env=os.environ | {"PYTHONPATH": search},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=seconds * PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"HDF5 did not come to its end within {seconds * PATIENCE} seconds"
    except OSError as error:
        raise CheckpointError(f"`{path}` cannot be tried in a process of its own: {error}") from error
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"HDF5 did not come to its end within {seconds} seconds"
    return "HDF5's library breaks on it" if done.returncode < 0 else ""
