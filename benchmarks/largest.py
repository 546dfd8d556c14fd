"""What 100 kB of each construct of the language cost `check`, in processor seconds and memory.

Each has a process of its own. Prints how often the construct stands in the text, what its check took, and
how it ended; exits 1 where one takes more than the limits. `results/largest.csv` has the table.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import resource
import sys
import time
from collections.abc import Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from constructs import CONSTRUCTS, Construct
from recording import add_row, circumstances, processor

from getdsl.compiler.check import check_text
from getdsl.diagnostics.render import render

RESULTS = Path(__file__).parent / "results" / "largest.csv"
LENGTH = 100_000  # characters
SECONDS = 2.0  # of processor time
MEGABYTES = 1000
PATIENCE = 30  # processor seconds after which a check is ended
SMALL = "model M { input x: [B, 4] y = x -> Linear(3) output z = y }"


class Cost(NamedTuple):
    seconds: float
    megabytes: float
    diagnostics: int
    first: str  # the code of the first error, or nothing

    @property
    def is_within(self) -> bool:
        return self.seconds <= SECONDS and self.megabytes <= MEGABYTES


def cost(text: str) -> Cost | None:
    """None where it took far too much."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_measure, args=(text, sender))
    process.start()
    sender.close()
    try:
        return Cost(*receiver.recv())
    except EOFError:
        return None
    finally:
        process.join()


def _measure(text: str, sender: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE + 1))
    gc.disable()  # as the command does
    started = time.process_time()
    found = check_text(text).diagnostics
    render(found, "text")
    seconds = time.process_time() - started
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    first = next((item.code for item in found if item.severity == "error"), "")
    sender.send((seconds, megabytes, len(found), first))


def shown(constructs: Iterable[Construct], keep: bool) -> int:
    """How many are above the limits."""
    above = 0
    for construct in constructs:
        size, text = construct.filled(LENGTH)
        found = cost(text)
        above += found is None or not found.is_within
        told = f"more than {PATIENCE} s"
        if found is not None:
            told = f"{found.seconds:5.2f} s {found.megabytes:5.0f} MB {found.diagnostics:6} {found.first}"
        print(
            f"{construct.name:28} {size:6} {told}{'' if found and found.is_within else '  TOO MUCH'}",
            flush=True,
        )
        if keep and found is not None:
            row = {"construct": construct.name, "times": size, **found._asdict()}
            add_row(RESULTS, {**circumstances(processor()), **row})
    return above


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="constructs whose names hold this")
    parser.add_argument("--record", action="store_true", help=f"add the table to {RESULTS.name}")
    args = parser.parse_args()
    assert check_text(SMALL).ok  # what all checks read is read
    return 1 if shown([item for item in CONSTRUCTS if args.only in item.name], args.record) else 0


if __name__ == "__main__":
    sys.exit(main())
