"""An epoch of the quickstart's training with fused kernels and without, in turns.

    python benchmarks/epoch.py [--repeats 3] [--threads N] [--spec FILE]

Each turn is a process of its own, which trains two epochs and is timed in the second; its peak of memory is
that of all it does, baseline included. Adds a row to `benchmarks/results/epoch.csv`.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from recording import add_row, circumstances, processor

SPEC = Path(__file__).parents[1] / "specs" / "quickstart.get"
RESULTS = Path(__file__).parent / "results" / "epoch.csv"
WAYS = {"fused": (), "plain": ("--no-fuse",)}


class Turn(NamedTuple):
    seconds: float  # of the second epoch
    megabytes: float


def train(spec: Path, options: tuple[str, ...]) -> Turn:
    """Raises CalledProcessError where the training fails."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [sys.executable, "-m", "getdsl", "train", str(spec), "-o", str(run), "--quiet", *options]
        process = subprocess.Popen([*command, "--set", "train.epochs=2"], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        with (run / "history.csv").open(newline="", encoding="utf-8") as file:
            seconds = float(list(csv.DictReader(file))[-1]["seconds"])
    kilobyte = 1 if sys.platform == "darwin" else 1024
    return Turn(seconds, usage.ru_maxrss * kilobyte / 2**20)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=3, metavar="N")
    parser.add_argument("--threads", type=int, metavar="N")
    parser.add_argument("--spec", type=Path, default=SPEC)
    arguments = parser.parse_args()
    threads = () if arguments.threads is None else ("--threads", str(arguments.threads))
    turns: dict[str, list[Turn]] = {way: [] for way in WAYS}
    for number in range(arguments.repeats):
        for way, options in WAYS.items():
            turns[way].append(train(arguments.spec, (*options, *threads)))
            print(f"turn {number + 1}  {way}  {turns[way][-1].seconds:6.2f} s", flush=True)
    seconds = {way: statistics.median(turn.seconds for turn in found) for way, found in turns.items()}
    memory = {way: max(turn.megabytes for turn in found) for way, found in turns.items()}
    pairs = zip(turns["fused"], turns["plain"], strict=True)
    ratio = statistics.median(plain.seconds / fused.seconds for fused, plain in pairs)
    for way in WAYS:
        print(f"{way}: {seconds[way]:.2f} s an epoch (median), {memory[way]:.0f} MB at the peak")
    print(f"fused is {ratio:.2f}x as fast (median of the turns' ratios)")
    add_row(
        RESULTS,
        {
            **circumstances(processor()),
            "spec": arguments.spec.name,
            "threads": arguments.threads or os.cpu_count(),
            "repeats": arguments.repeats,
            **{f"{way}_s": value for way, value in seconds.items()},
            "ratio": ratio,
            **{f"{way}_mb": value for way, value in memory.items()},
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
