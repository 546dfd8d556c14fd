"""How processes end that getdsl started itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from getdsl.runs.run_folder.checkpoint import LAST, read_checkpoint
from tests.processes import ROOT, SAME_BITS
from tests.runs.ranks import both
from tests.runs.ranks.cases import write_cases
from tests.runs.ranks.test_two import LOOPBACK, history, metrics


def test_one_that_is_killed_ends_the_others_and_the_run_goes_on_alone(tmp_path: Path) -> None:
    write_cases(tmp_path)
    spec, killed, whole = tmp_path / "uneven.get", tmp_path / "killed", tmp_path / "whole"
    command = ["train", spec, "-o", killed, "--devices", "2", "--device", "cpu", "--checkpoint-minutes", "0"]
    done = subprocess.run(
        [sys.executable, ROOT / "tests/runs/ranks/dying.py", *map(str, command)],
        env={**os.environ, **LOOPBACK, **SAME_BITS},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1
    assert done.stderr.count("error: another process of the run has ended") == 1
    assert "Traceback" not in done.stderr
    assert read_checkpoint(killed / LAST).training["position"]["step"] == 7
    both.run(spec, killed, resume=True)
    both.run(spec, whole)
    for one, other in zip(history(whole), history(killed), strict=True):
        assert other == pytest.approx(one, rel=1e-5)
    assert metrics(killed) == pytest.approx(metrics(whole), rel=1e-4)
