"""`python -m tests.lsp.replay --edits 10000 --seed 1`: random edits, held to a fresh check."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.recording import processor
from tests.lsp.replay.session import Session

SESSION = 250  # edits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compare-every", type=int, default=10)
    args = parser.parse_args()
    started, done, seed = time.process_time(), 0, args.seed
    while done < args.edits:
        print(f"seed {seed}, {done:,} edits before", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            done += Session(Path(folder), seed).run(min(SESSION, args.edits - done), args.compare_every)
        seed += 1
    print(f"{done:,} edits, every {args.compare_every}th equal to a fresh check;", end=" ")
    print(f"{time.process_time() - started:.0f} s of {processor()}, {time.strftime('%Y-%m-%d')}")


if __name__ == "__main__":
    main()
