"""Kills `getdsl train` with SIGKILL at random moments, resumes, and compares with a run that nobody touched.

    python benchmarks/kill_and_resume.py SPEC [--moments 30] [--set train.epochs=3]

A run is killed so often, each time at another moment of what is left of it, and goes on with `--resume` in
between; the last one ends by itself. Weights, predictions and figures must be the same bytes.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from recording import add_row, circumstances, processor

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "kill_and_resume.csv"
SAME = ("weights.safetensors", "predictions.tsv", "metrics.json")


def started(spec: Path, folder: Path, settings: list[str]) -> subprocess.Popen[bytes]:
    given = [word for setting in settings for word in ("--set", setting)]
    command = [sys.executable, "-m", "getdsl", "train", str(spec), "-o", str(folder), "--resume", "--quiet"]
    return subprocess.Popen(
        [*command, "--threads", "1", "--device", "cpu", "--checkpoint-minutes", "0.001", *given],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MKL_CBWR": "COMPATIBLE"},
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("spec", type=Path)
    parser.add_argument("--moments", type=int, default=30)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    draw = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        whole, killed = Path(folder) / "whole", Path(folder) / "killed"
        began = time.monotonic()
        if started(args.spec, whole, args.set).wait():
            raise SystemExit("the run that is left alone failed")
        seconds = time.monotonic() - began
        kills = 0
        while kills < args.moments:
            process = started(args.spec, killed, args.set)
            try:
                process.wait(draw.uniform(0.2, 1.0) * seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
        if started(args.spec, killed, args.set).wait():
            raise SystemExit("the last run failed")
        wrong = [name for name in SAME if (whole / name).read_bytes() != (killed / name).read_bytes()]
    row = {**circumstances(processor()), "spec": args.spec.name, "kills": kills, "differ": ", ".join(wrong)}
    add_row(RESULTS, row)
    print(f"killed {kills} times; {f'these differ: {wrong}' if wrong else 'the same bytes'}")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
