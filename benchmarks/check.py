"""How long `check` takes: generated specs of 500 to 4,000 nodes, and the guide's model as a command.

Prints seconds, the ratio of 4,000 to 500 nodes (8 where time is linear), and the median wall time of
`getdsl check specs/my_model.get --summary`; exits 1 where a limit is passed.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

from getdsl.compiler.check import check_text

SPEC = Path(__file__).parents[1] / "specs" / "my_model.get"
SIZES = (500, 1000, 2000, 4000)
SECONDS_AT_2000 = 2.0
RATIO = 12.0  # 8 is linear; 64 would be quadratic
SECONDS_OF_COMMAND = 0.4


def chain(nodes: int) -> str:
    """A model of so many bindings, a linear layer and a ReLU in turn."""
    lines = ["model M {", "    input x: [B, R, 16]", "    n0 = x"]
    for i in range(1, nodes):
        lines.append(f"    n{i} = n{i - 1} -> Linear(16)" if i % 2 else f"    n{i} = relu(n{i - 1})")
    return "\n".join([*lines, f"    output y = n{nodes - 1}", "}", ""])


def loop(nodes: int) -> str:
    """The same number of nodes, unrolled from a `for`."""
    body = "        layers[i] = y -> Linear(16)\n        y = relu(layers[i])\n"
    head = "model M {\n    input x: [B, R, 16]\n    y = x\n"
    return f"{head}    for i in 0..{nodes // 2} {{\n{body}    }}\n    output z = y\n}}\n"


def seconds(text: str, repeats: int) -> float:
    """The best of several checks, in processor time: what else the machine does is left out."""
    found = []
    for _ in range(repeats):
        started = time.process_time()
        assert check_text(text).ok
        found.append(time.process_time() - started)
    return min(found)


def command_seconds(repeats: int) -> tuple[float, float]:
    """The median wall time of the command, its process included, and its mean processor time."""
    found = []
    before = os.times()
    for _ in range(repeats + 1):
        started = time.perf_counter()
        command = [sys.executable, "-m", "getdsl", "check", str(SPEC), "--summary"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found.append(time.perf_counter() - started)
    after = os.times()
    busy = after.children_user - before.children_user + after.children_system - before.children_system
    return statistics.median(found[1:]), busy / len(found)  # the first fills caches


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    print(f"{platform.machine()}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}")
    passed = True
    for make in (chain, loop):
        times = {size: seconds(make(size), repeats) for size in SIZES}
        ratio = times[SIZES[-1]] / times[SIZES[0]]
        passed &= times[2000] <= SECONDS_AT_2000 and ratio <= RATIO
        shown = "  ".join(f"{size}: {value:.2f} s" for size, value in times.items())
        print(f"{make.__name__:6} {shown}  4000/500: {ratio:.1f}x (linear: 8)")
    wall, busy = command_seconds(2 * repeats + 1)
    passed &= wall <= SECONDS_OF_COMMAND
    print(
        f"my_model check --summary: median {wall:.2f} s (limit {SECONDS_OF_COMMAND} s), "
        f"processor {busy:.2f} s"
    )
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
