"""Kills `getdsl train`, `predict` or `score` at random moments, lets it go on, and compares bytes.

    python benchmarks/kill_and_resume.py train SPEC [--set train.epochs=3]
    python benchmarks/kill_and_resume.py predict RUN
    python benchmarks/kill_and_resume.py score RUN VARIANTS.vcf.gz

A command is killed (SIGKILL) again and again, each time at another moment of what the whole of it takes, and
goes on in between, until it ends by itself; then it begins anew, until it was killed often enough. What each
round leaves must be, to the byte, what a command leaves that nobody touched.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from recording import add_row, circumstances, processor

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "kill_and_resume.csv"
TRAINED = ("weights.safetensors", "predictions.tsv", "metrics.json")  # the rest of a run tells times

Start = Callable[[Path], "subprocess.Popen[bytes]"]
"""Begins the command, or goes on with it; its output is the path, which each round has its own of."""


def started(words: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "getdsl", *words, "--quiet", "--threads", "1", "--device", "cpu"],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MKL_CBWR": "COMPATIBLE"},
    )


def start_of(args: argparse.Namespace) -> Start:
    given = [word for setting in args.set for word in ("--set", setting)]
    command = [args.command, *map(str, args.files), *given]
    if args.command == "train":
        return lambda out: started([*command, "-o", str(out), "--resume", "--checkpoint-minutes", "0.001"])
    if args.command == "predict":
        return lambda out: started([*command, "-o", f"{out}.zarr", "--resume"])
    return lambda out: started([*command, "-o", f"{out}.tsv"])


def left_by(command: str, out: Path) -> dict[str, bytes]:
    """The files that a command has left, by name, with their bytes."""
    if command == "train":
        return {name: (out / name).read_bytes() for name in TRAINED}
    if command == "score":
        return {"tsv": out.with_suffix(".tsv").read_bytes()}
    store = out.with_suffix(".zarr")
    return {str(path.relative_to(store)): path.read_bytes() for path in store.rglob("*") if path.is_file()}


def killed_on_the_way(start: Start, out: Path, seconds: float, most: int, draw: random.Random) -> int:
    """How often the command was killed, at most so often, before it ended by itself."""
    kills = 0
    while True:
        process = start(out)
        try:
            if process.wait(None if kills == most else draw.uniform(0.2, 1.0) * seconds):
                raise SystemExit("the command failed when it went on")
            return kills
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
        if out.with_suffix(".tsv").exists():  # of `score`, which has done all, and would replace nothing
            return kills


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("train", "predict", "score"))
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--moments", type=int, default=30)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    draw, start, wrong, rounds, kills = random.Random(args.seed), start_of(args), set(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        if start(Path(folder) / "whole").wait():
            raise SystemExit("the command that is left alone failed")
        seconds, expected = time.monotonic() - began, left_by(args.command, Path(folder) / "whole")
        while kills < args.moments:
            out = Path(folder) / f"killed_{rounds}"
            kills += killed_on_the_way(start, out, seconds, args.moments - kills, draw)
            found = left_by(args.command, out)
            wrong |= {name for name in {*expected, *found} if expected.get(name) != found.get(name)}
            rounds += 1
    add_row(
        RESULTS,
        {
            **circumstances(processor()),
            "command": args.command,
            "of": args.files[0].name,
            "kills": kills,
            "rounds": rounds,
            "files": len(expected),
            "differ": ", ".join(sorted(wrong)),
        },
    )
    same = f"these differ: {sorted(wrong)}" if wrong else "the same bytes"
    print(f"{args.command}: killed {kills} times in {rounds} rounds; {same}")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
