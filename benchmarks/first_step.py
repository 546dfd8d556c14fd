"""From `getdsl train` to the first step of the optimizer on the yeast data that ship, and its parts.

    python benchmarks/first_step.py [--spec specs/quickstart.get] [--repeats 3]

Each run is a process of its own; the clock starts before the interpreter. The gate: the run's first loss is
the same in all of them. Rows go to benchmarks/results/first_step.csv.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from recording import add_row, circumstances, processor

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "first_step.csv"
CHILD = """
import json, sys, time

began = float(sys.argv[1])
parts, last = {}, [began]


def lap(name):
    now = time.time()
    parts[name] = parts.get(name, 0.0) + now - last[0]
    last[0] = now


lap("interpreter")
from getdsl.cli import main
import getdsl.runs.training.train as run
from getdsl.runs.fitting.fit import SpecModule
import lightning.pytorch

lap("imports")
fit, step, optimize = run.fit, SpecModule.training_step, SpecModule.optimizer_step


def fitted(*given):
    lap("check, data, model")
    return fit(*given)


def stepped(self, batch, index):
    lap("first batch and trainer")
    found = step(self, batch, index)
    parts["loss"] = float(found.detach())
    lap("forward")
    return found


def optimized(self, *given, **named):
    optimize(self, *given, **named)
    lap("backward and optimizer")
    print(json.dumps(parts), flush=True)
    import os

    os._exit(0)


run.fit, SpecModule.training_step, SpecModule.optimizer_step = fitted, stepped, optimized
main(["train", *sys.argv[2:]])
"""


def one(spec: str, threads: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", CHILD, str(time.time()), spec, "-o", f"{folder}/run", "--overwrite"]
        done = subprocess.run(
            [*command, "--quiet", "--threads", str(threads)],
            stdout=subprocess.PIPE,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spec", default="specs/quickstart.get")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    runs = [one(args.spec, args.threads) for _ in range(args.repeats)]
    losses = {found.pop("loss") for found in runs}
    if len(losses) != 1:
        raise SystemExit(f"the first losses differ: {losses}")
    best = min(runs, key=lambda found: sum(found.values()))
    whole = {
        "seconds": sum(best.values()),
        "median": statistics.median(sum(found.values()) for found in runs),
    }
    load = os.getloadavg()[0]
    row = {**circumstances(processor()), "spec": args.spec, "load": load, **whole, **best}
    add_row(RESULTS, row)
    print("  ".join(f"{name} {value:.2f}" for name, value in {**whole, **best}.items()))


if __name__ == "__main__":
    main()
