"""The zoo beside plain PyTorch that is written by hand."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "zoo_step.py"


def test_a_step_has_plain_pytorchs_gradients_and_keeps_no_more_bytes() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--quick", "--threads", "1"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
