"""Long runs: `python -m tests.formatter --inputs 10000`, of generated programs and damaged specs that parse.

Prints what is wrong, then how many texts were tried.
"""

from __future__ import annotations

import argparse
import sys
import time
from random import Random

from tests.differential.faces import blocks
from tests.differential.programs import draw_program
from tests.formatter.holds import parses, problem, problem_of_layouts
from tests.fuzzing.inputs import drawn


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="of each kind")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    start, wrong = time.monotonic(), 0
    for kind, draw in (("programs", _program), ("damaged specs", _damaged)):
        tried = 0
        for number in range(args.inputs):
            random = Random(args.seed + number)
            text = draw(random)
            if not parses(text):
                continue
            tried += 1
            why = problem(text) or problem_of_layouts(random, text)
            if why is not None:
                wrong += 1
                print(f"seed {args.seed + number}: {why}\n{text}", flush=True)
        print(f"{tried:,} {kind} of {args.inputs:,} parse, {time.monotonic() - start:.0f} s, {wrong} wrong")
    return 1 if wrong else 0


def _program(random: Random) -> str:
    block = random.choice([None, *blocks()]) if random.random() < 0.5 else None
    return draw_program(random, block).text()


def _damaged(random: Random) -> str:
    return drawn(random)


if __name__ == "__main__":
    sys.exit(main())
