"""What it costs to have MKL repeat its results to the bit (docs/checkpoints.md, "The same bits again").

    python benchmarks/repeatable.py [--repeats 5] [--threads N]

With `MKL_CBWR` not set, AUTO and COMPATIBLE, in turns, each in a process of its own: an epoch of the
quickstart, and a training step and a prediction of region_finetune with three layers. Adds a row a mode to
`benchmarks/results/repeatable.csv`. It takes about four minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import epoch
from recording import add_row, circumstances, processor

SPEC = Path(__file__).parents[1] / "specs" / "get" / "region_finetune.get"
RESULTS = Path(__file__).parent / "results" / "repeatable.csv"
MODES = ("", "AUTO", "COMPATIBLE")


def seconds(work: Callable[[], object]) -> float:
    """The median of seven, after two that are not counted."""
    found = []
    for _ in range(9):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return statistics.median(found[2:])


def once(threads: int) -> dict[str, float]:
    import torch

    import getdsl
    from getdsl.runs.process.memory import keep_freed_memory

    torch.set_num_threads(threads)
    keep_freed_memory()
    module = getdsl.compile(SPEC, params={"num_layers": 3}, seed=0).module
    regions = torch.rand(2, 200, 283)

    def step() -> None:
        module.zero_grad(set_to_none=True)
        module.train()(region_motif=regions)["exp"].sum().backward()

    @torch.no_grad()
    def predict() -> None:
        module.eval()(region_motif=regions)

    return {
        "quickstart_epoch": epoch.train(epoch.SPEC, ("--threads", str(threads))).seconds,
        "region_finetune_step": seconds(step),
        "region_finetune_predict": seconds(predict),
    }


def turn(mode: str, threads: int) -> dict[str, float]:
    """`once` in a process where MKL is in this mode. Raises CalledProcessError where it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "MKL_CBWR"}
    if mode:
        environment["MKL_CBWR"] = mode
    command = [sys.executable, __file__, "--once", "--threads", str(threads)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5, metavar="N")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.once:
        print(json.dumps(once(arguments.threads)))
        return 0
    turns: dict[str, list[dict[str, float]]] = {mode: [] for mode in MODES}
    for _ in range(arguments.repeats):
        for mode, found in turns.items():
            found.append(turn(mode, arguments.threads))
    for mode, found in turns.items():
        row = {"mode": mode or "not set", "threads": arguments.threads, "repeats": arguments.repeats}
        ratios: dict[str, float] = {}
        for name in found[0]:
            median = statistics.median(each[name] for each in found)
            plain = statistics.median(each[name] for each in turns[""])
            ratios |= {f"{name}_s": median, f"{name}_ratio": median / plain}
        print(row["mode"], {name: round(value, 3) for name, value in ratios.items()})
        add_row(RESULTS, {**circumstances(processor()), **row, **ratios})
    return 0


if __name__ == "__main__":
    sys.exit(main())
