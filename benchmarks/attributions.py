"""What contributions of a trained model miss of the difference that they should add up to, sample by sample.

    python benchmarks/attributions.py runs/quickstart [--samples 16] [--references 4] [--no-record]

Integrated gradients by halves of the pieces that miss most, beside as many points spread evenly on each way,
and DeepLIFT. `worst` is the largest share of its own difference that a sample misses. Fails where that of
`integrated_gradients` or `deeplift` is more than a thousandth.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from recording import add_row, circumstances, processor
from torch import Tensor

from getdsl.compiler.lower.input_names import input_names
from getdsl.data.data_source import Indices
from getdsl.runs.interpret.deep_lift import deep_lift
from getdsl.runs.interpret.explained import Explained
from getdsl.runs.interpret.integrated_gradients import integrated_gradients
from getdsl.runs.interpret.pairs import COMPLETE, missed
from getdsl.runs.interpret.pieces import RULE, equal_pieces
from getdsl.runs.interpret.references import references
from getdsl.runs.interpret.request import Request
from getdsl.runs.interpret.target import target_of
from getdsl.runs.interpret.ways import Ways
from getdsl.runs.opened.session import Session

RESULTS = Path(__file__).parent / "results" / "attributions.csv"
STEPS = 64
Points = list[int]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("run", type=Path, help="the folder of a run of specs/quickstart.get")
    parser.add_argument("--samples", type=int, default=16, metavar="N")
    parser.add_argument("--references", type=int, default=4, metavar="N")
    parser.add_argument("--no-record", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    right = True
    for row in rows_of(args.run, args.samples, args.references):
        print(row, flush=True)
        right &= row["worst"] <= COMPLETE or row["method"] == "evenly"
        if not args.no_record:
            add_row(RESULTS, {**circumstances(processor()), **row})
    return 0 if right else 1


def rows_of(run: Path, samples: int, number: int) -> Iterator[dict[str, Any]]:
    with Session.open(run) as session:
        chosen = session.indices("test")[:samples]
        explained = explained_of(session, chosen)
    others = references(explained.x, chosen, "dinucleotide", number, 0)
    points: Points = []

    def halved() -> Tensor:
        multipliers, taken = integrated_gradients(explained, others, STEPS)
        points.extend(taken.tolist())
        return multipliers

    methods: dict[str, Callable[[], Tensor]] = {
        "integrated_gradients": halved,
        "evenly": lambda: evenly(explained, others, points),
        "deeplift": lambda: deep_lift(explained, others),
    }
    for name, method in methods.items():
        began = time.process_time()
        multipliers = method()
        seconds = time.process_time() - began
        gap = missed(explained, others, multipliers)
        shares = (gap.delta / gap.difference).abs()
        yield {
            "method": name,
            "samples": samples,
            "references": number,
            "worst": float(shares.max()),
            "median": float(shares.median()),
            "points": max(points) if name != "deeplift" else "",
            "median_points": sorted(points)[samples // 2] if name != "deeplift" else "",
            "seconds_a_sample": seconds / samples,
        }


def explained_of(session: Session, samples: Indices) -> Explained:
    """The model's DNA, and its only output."""
    compiled = session.compiled.eval()
    target = target_of(session.spec, Request("integrated_gradients"))
    inputs = compiled.prepare(session.source.batch(samples))
    name = input_names(session.spec.graph.inputs)["sequence"]
    return Explained(compiled.for_output(target.output), target, name, inputs)


def evenly(explained: Explained, others: Tensor, points: Points) -> Tensor:
    """As many points for each sample, in equal pieces."""
    ways = [Ways(explained, each, row) for row, each in enumerate(others)]
    return torch.stack(
        [equal_pieces(way, number // RULE).whole(way) for way, number in zip(ways, points, strict=True)]
    )


if __name__ == "__main__":
    raise SystemExit(main())
