"""Long runs: python -m tests.differential --programs 100000 --seed 1"""

from __future__ import annotations

import argparse
import sys

from tests.differential.campaign import Found, campaign
from tests.differential.mutants import MUTANTS, mutated
from tests.differential.well_formed import refusals


def show_progress(found: Found) -> None:
    if found.programs % 500:
        print(*found.unsound[-1], sep="\n", flush=True)
    else:
        print(f"{found.programs} programs, {found.seconds:.0f} s, {len(found.unsound)} unsound", flush=True)


def show_mutants(seed: int) -> int:
    unseen = 0
    for name in MUTANTS:
        with mutated(name):
            found = campaign(seed, 1_000_000, seconds=60, stop_at=1)
        unseen += not found.unsound
        told = found.unsound[0][0] if found.unsound else "not seen"
        print(f"{name}: {found.programs} programs, {found.seconds:.1f} s: {told}", flush=True)
    return unseen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--well-formed", type=int, default=0, help="calls that are held to be accepted")
    parser.add_argument("--mutants", action="store_true", help="how long each wrong row goes unseen")
    args = parser.parse_args()
    if args.mutants:
        return show_mutants(args.seed)
    if args.well_formed:
        print("\n".join(refusals(args.seed, args.well_formed).lines(50)))
        return 0
    found = campaign(args.seed, args.programs, args.seconds, told=show_progress)
    for line in found.lines(0):
        print(line)
    return 1 if found.unsound else 0


if __name__ == "__main__":
    sys.exit(main())
