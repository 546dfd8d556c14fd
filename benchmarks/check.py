"""How long `check` takes: generated specs of 500 to 4,000 nodes, and the guide's model as a command.

Prints seconds, the ratio of 4,000 to 500 nodes (8 where time is linear), the median wall time of
`getdsl check specs/my_model.get --summary`, alone and over that of a Python that only imports lark,
networkx and jsonschema (of which a check needs lark alone), and that of `import getdsl`;
exits 1 where a limit is passed or a check is wrong.
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

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "specs" / "my_model.get"
SIZES = (500, 1000, 2000, 4000)
SECONDS_AT_2000 = 2.0
RATIO = 12.0  # 8 is linear; 64 would be quadratic
SECONDS_OF_COMMAND = 0.4
RATIO_OF_START = 1.5  # of the time that importing these three takes, in the same run
SECONDS_OF_IMPORT = 0.1


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


def process_seconds(arguments: list[str], repeats: int, prints: str = "") -> tuple[float, float]:
    """The median wall time of a Python process, and its mean processor time; it must print `prints`."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    found = []
    before = os.times()
    for _ in range(repeats + 1):
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *arguments], check=True, capture_output=True, text=True, cwd=ROOT, env=kept
        )
        found.append(time.perf_counter() - started)
        assert prints in done.stdout, done.stdout
    after = os.times()
    busy = after.children_user - before.children_user + after.children_system - before.children_system
    return statistics.median(found[1:]), busy / len(found)  # the first fills caches


def cold_start(repeats: int) -> bool:
    """Whether the command starts quickly, and `import getdsl` at once."""
    command = ["-m", "getdsl", "check", str(SPEC), "--summary"]
    wall, busy = process_seconds(command, repeats, prints="parameters")
    imports, _ = process_seconds(["-c", "import lark, networkx, jsonschema"], repeats)
    python, _ = process_seconds(["-c", "pass"], repeats)
    package, _ = process_seconds(["-c", "import getdsl"], repeats)
    print(f"my_model check --summary: {wall:.2f} s (limit {SECONDS_OF_COMMAND} s), processor {busy:.2f} s")
    print(f"over importing lark, networkx and jsonschema: {wall / imports:.2f} (limit {RATIO_OF_START})")
    print(f"import getdsl: {max(0, package - python):.3f} s (limit {SECONDS_OF_IMPORT} s)")
    return (
        wall <= SECONDS_OF_COMMAND
        and wall <= RATIO_OF_START * imports
        and package - python <= SECONDS_OF_IMPORT
    )


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
    passed &= cold_start(2 * repeats + 1)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
