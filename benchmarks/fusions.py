"""A training step of specs whose graphs change when they are fused, with fusion and without.

    python benchmarks/fusions.py [--quick] [--threads 2] [--no-results]

A batch of 16, forward and backward, in float32. Outputs and all gradients of the two must be equal bit for
bit before anything is timed; a spec that fails prints no speed, and the command ends with 1. The two take
turns; the ratio is the median, over pairs, of the unfused step's time by the fused one's. A row a spec is
added to `benchmarks/results/fusions.csv`. It takes about two minutes on two cores.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import torch
from recording import add_row, circumstances, processor
from torch import Tensor

import getdsl

FOLDER = Path(__file__).parents[1] / "specs"
SPECS = ("zoo/basset", "zoo/deepsea", "zoo/deepstarr")
RESULTS = Path(__file__).parent / "results" / "fusions.csv"
BATCH, REPEATS = 16, 15


def step(model: getdsl.Compiled, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Outputs and gradients; the sum of squares is the loss. The draws of dropout are the same each time."""
    torch.manual_seed(0)
    model.module.zero_grad()
    outputs: dict[str, Tensor] = model.module(**batch)
    loss = torch.stack([value.square().sum() for value in outputs.values()]).sum()
    loss.backward()  # type: ignore[no-untyped-call]
    gradients = {name: item.grad for name, item in model.module.named_parameters()}
    return outputs | {name: grad for name, grad in gradients.items() if grad is not None}


def equal(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def seconds(model: getdsl.Compiled, batch: Mapping[str, Tensor]) -> float:
    begin = time.perf_counter()
    step(model, batch)
    return time.perf_counter() - begin


def measure(name: str, repeats: int) -> dict[str, str | float] | None:
    """The figures of a spec; None where the two do not agree."""
    path = FOLDER / f"{name}.get"
    fused, plain = (getdsl.compile(path, seed=0, fuse=fuse) for fuse in (True, False))
    batch = fused.prepare(fused.dummy_batch(B=BATCH))
    assert str(fused.module.graph) != str(plain.module.graph), f"{name}: there is nothing to fuse"
    if not equal(step(fused, batch), step(plain, batch)):
        return None
    pairs = [(seconds(plain, batch), seconds(fused, batch)) for _ in range(repeats)]
    before, after = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    return {"spec": name, "batch": BATCH, "plain_s": before, "fused_s": after, "ratio": ratio}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three repeats, nothing kept")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-results", action="store_true", help="print only")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    failed = False
    for name in SPECS:
        row = measure(name, 3 if args.quick else REPEATS)
        failed = failed or row is None
        if row is None:
            print(f"{name}: outputs or gradients differ")
            continue
        print("  ".join(f"{key} {value}" for key, value in row.items()))
        if not (args.quick or args.no_results):
            add_row(RESULTS, circumstances(processor()) | {"threads": args.threads} | row)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
