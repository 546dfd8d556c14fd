"""Batches from a store: DNA of 2,114 bp and two base-resolution tracks of 1,000 bp, against two measures.

One is the loader on pyfaidx and pyBigWig of `data_reading.py`, on the files that the store was made of; the
other is what copying the bytes of the same batches costs, each array once by numpy. Before anything is timed
all batches are compared with those of direct reading; they must be equal. All run in this process on one
thread, in turns, and the median of the turns counts. Prints a row for each, adds them to
benchmarks/results/data_store.csv, and exits 1 where the store is under 10 times the loader, or under half of
the copy.

    python benchmarks/data_store.py --genome sacCer3.fa --tracks plus.bw minus.bw --regions peaks.narrowPeak
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from data_reading import TURNS, Baseline, Batch, batches, seconds, spec_text
from recording import add_row, circumstances, processor

from getdsl.compiler.check import check
from getdsl.data.declared import DeclaredData
from getdsl.runs.preparing.prepare import prepare
from getdsl.runs.process.memory import keep_freed_memory

OF_LOADER, OF_COPY = 10.0, 0.5
RESULTS = Path(__file__).parent / "results" / "data_store.csv"
LOADER, DIRECT, STORE, COPY = "pyfaidx + pyBigWig", "direct", "store", "copy"


def opened(args: argparse.Namespace, folder: Path) -> tuple[DeclaredData, DeclaredData]:
    """The same data, from the files and from a store that is prepared first."""
    path = folder / "spec.get"
    text = spec_text(args.genome, args.tracks, args.regions)
    path.write_text(text.replace("    batch {", '    store = "batches.zarr"\n    batch {'))
    spec = check(path).spec
    assert spec is not None
    assert spec.data is not None
    done = prepare(spec, folder / "batches.zarr")
    print(f"prepared {done.regions:,} regions, {done.bytes / 1e6:,.0f} MB, in {done.seconds:.1f} s")
    direct, stored = (DeclaredData(spec.data, spec.data_settings, direct=value) for value in (True, False))
    return direct, stored


def same(one: DeclaredData, other: DeclaredData, samples: int) -> bool:
    """The correctness gate: all batches, bit for bit."""
    return all(
        torch.equal(ours[key], theirs[key])
        for indices in batches(len(one), samples)
        for ours, theirs in [(one.batch(indices), other.batch(indices))]
        for key in theirs
    )


def copying(source: DeclaredData, samples: int) -> Callable[[Any], Batch]:
    """Copies the bytes of each batch, which lie in memory: all of them, so that no cache holds them."""
    whole = {int(indices[0]): source.batch(indices) for indices in batches(len(source), samples)}

    def copy(indices: Any) -> Batch:
        batch = whole[int(indices[0])]
        return {key: torch.from_numpy(value.numpy().copy()) for key, value in batch.items()}

    return copy


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--genome", type=Path, required=True, help="FASTA, not packed, for pyfaidx reads it too"
    )
    parser.add_argument("--tracks", type=Path, nargs=2, required=True, help="two bigWig files")
    parser.add_argument("--regions", type=Path, required=True)
    parser.add_argument("--samples", type=int, default=2048)
    args = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()  # as the commands do
    with tempfile.TemporaryDirectory() as folder:
        direct, stored = opened(args, Path(folder))
        if not same(direct, stored, args.samples):
            print("the batches differ: nothing is timed")
            return 1
        rates = measured(args, direct, stored)
    for name, rate in rates.items():
        print(f"{name:20} {rate:10,.0f} samples/s")
        row = {"reader": name, "samples": args.samples, "samples_per_second": rate}
        add_row(RESULTS, {**circumstances(processor()), **row})
    of_loader, of_copy = rates[STORE] / rates[LOADER], rates[STORE] / rates[COPY]
    print(f"the store is {of_loader:.1f} times the loader (at least {OF_LOADER:.0f})")
    print(f"         and {of_copy:.2f} of the copy (at least {OF_COPY})")
    return 0 if of_loader >= OF_LOADER and of_copy >= OF_COPY else 1


def measured(args: argparse.Namespace, direct: DeclaredData, stored: DeclaredData) -> dict[str, float]:
    """Samples a second of each."""
    loader = Baseline(args.genome, args.tracks, direct)
    readers: dict[str, Callable[[Any], Batch]] = {
        LOADER: loader.batch,
        DIRECT: direct.batch,
        STORE: stored.batch,
        COPY: copying(stored, args.samples),
    }
    times: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(TURNS):
        for name, read in readers.items():
            often = 1 if name in (LOADER, DIRECT) else 10  # what takes milliseconds is done more often
            turns = [seconds(read, len(direct), args.samples) for _ in range(often)]
            times[name].append(statistics.mean(turns))
    return {name: args.samples / statistics.median(found) for name, found in times.items()}


if __name__ == "__main__":
    raise SystemExit(main())
