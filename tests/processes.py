"""Python in a process of its own, in which equal work gives equal bits (docs/checkpoints.md)."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SAME_BITS = {"MKL_CBWR": "AUTO", "OMP_NUM_THREADS": "1"}


def python(code: str, *arguments: object, **environment: str) -> str:
    """What the code prints. Its warnings are errors, and it finds `tests` and `getdsl`."""
    command = [sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
    given = {**os.environ, **SAME_BITS, **environment}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=given)
    assert done.returncode == 0, done.stderr
    return done.stdout
