"""Reading batches: DNA of 2,114 bp and two base-resolution tracks of 1,000 bp, from FASTA and bigWig.

The baseline reads the same files with pyfaidx and pyBigWig, sample by sample, as the field's packages write
it: letters by a table to one-hot, values with zeros for NaN, stacked to a batch. Before anything is timed all
batches of both are compared; they must be equal. Both run in this process, in turns, and the median of the
turns counts. Prints a row for each, adds them to benchmarks/results/data_reading.csv, and exits 1 where
direct reading is under 3 times the baseline.

    python benchmarks/data_reading.py --genome sacCer3.fa --tracks plus.bw minus.bw --regions peaks.narrowPeak
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from recording import add_row, circumstances, processor
from torch import Tensor

from getdsl.compiler.check import check
from getdsl.data.declared import DeclaredData

LIMIT = 3.0
DNA, TRACK, BATCH, TURNS = 2114, 1000, 64, 5
RESULTS = Path(__file__).parent / "results" / "data_reading.csv"
SPEC = """
model Any {{
    input sequence: onehot[B, L, 4]
    output y = mean(sequence, 2)
}}

data {{
    genome  = "{genome}"
    regions = Regions("{regions}", width = {TRACK}, around = "{around}")

    batch {{
        sequence = Sequence(length = {DNA})
        profile  = Signal([{tracks}], length = {TRACK})
    }}
}}
"""

Batch = dict[str, Tensor]


def declared(genome: Path, tracks: list[Path], regions: Path, folder: Path) -> DeclaredData:
    """The source that a spec declares on these files."""
    spec = folder / "spec.get"
    spec.write_text(spec_text(genome, tracks, regions))
    found = check(spec).spec
    assert found is not None
    assert found.data is not None
    return DeclaredData(found.data, found.data_settings)


def spec_text(genome: Path, tracks: list[Path], regions: Path) -> str:
    """A spec of these files, around the summits of peaks that have one."""
    around = "summit" if regions.suffix == ".narrowPeak" else "centre"
    listed = ", ".join(f'"{path.resolve()}"' for path in tracks)
    return SPEC.format(
        genome=genome.resolve(), regions=regions.resolve(), tracks=listed, around=around, DNA=DNA, TRACK=TRACK
    )


class Baseline:
    """A loader on pyfaidx and pyBigWig."""

    def __init__(self, genome: Path, tracks: list[Path], source: DeclaredData) -> None:
        import pyBigWig
        import pyfaidx

        self.genome = pyfaidx.Fasta(str(genome), sequence_always_upper=True)
        self.tracks = [pyBigWig.open(str(path)) for path in tracks]
        self.lengths = {name: len(self.genome[name]) for name in self.genome.keys()}  # noqa: SIM118
        table = source.regions
        chromosomes = np.array(table.chromosomes)[table.chrom]
        self.loci = list(zip(chromosomes.tolist(), ((table.start + table.end) // 2).tolist(), strict=True))
        self.one_hot = np.zeros((256, 4), np.float32)
        for column, letter in enumerate(b"ACGT"):
            self.one_hot[letter, column] = 1

    def batch(self, indices: Any) -> Batch:
        pairs = [self.sample(*self.loci[index]) for index in indices]
        sequences, profiles = zip(*pairs, strict=True)
        return {
            "sequence": torch.from_numpy(np.stack(sequences)),
            "profile": torch.from_numpy(np.stack(profiles)),
        }

    def sample(self, chrom: str, centre: int) -> tuple[Any, Any]:
        start, end = centre - DNA // 2, centre - DNA // 2 + DNA
        before, after = max(0, -start), max(0, end - self.lengths[chrom])
        letters = self.genome[chrom][start + before : end - after].seq
        padded = f"{'N' * before}{letters}{'N' * after}"
        sequence = self.one_hot[np.frombuffer(padded.encode(), np.uint8)]
        start = centre - TRACK // 2
        values = [
            np.nan_to_num(track.values(chrom, start, start + TRACK, numpy=True)) for track in self.tracks
        ]
        return sequence, np.stack(values, axis=-1).astype(np.float32)


def batches(number: int, samples: int) -> Iterator[Any]:
    """Sample numbers in a random order, batch by batch, the same each time."""
    order = np.random.default_rng(0).choice(number, samples, replace=samples > number)
    yield from np.split(order, range(BATCH, len(order), BATCH))


def seconds(read: Callable[[Any], Batch], number: int, samples: int) -> float:
    started = time.perf_counter()
    for indices in batches(number, samples):
        read(indices)
    return time.perf_counter() - started


def same(source: DeclaredData, baseline: Baseline, samples: int) -> bool:
    """The correctness gate: all batches, bit for bit."""
    return all(
        torch.equal(ours[key], theirs[key])
        for indices in batches(len(source), samples)
        for ours, theirs in [(source.batch(indices), baseline.batch(indices))]
        for key in theirs
    )


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
    with tempfile.TemporaryDirectory() as folder:
        source = declared(args.genome, args.tracks, args.regions, Path(folder))
    baseline = Baseline(args.genome, args.tracks, source)
    if not same(source, baseline, args.samples):
        print("the batches differ: nothing is timed")
        return 1
    times: dict[str, list[float]] = {"pyfaidx + pyBigWig": [], "direct": []}
    for _ in range(TURNS):
        for name, read in zip(times, (baseline.batch, source.batch), strict=True):
            times[name].append(seconds(read, len(source), args.samples))
    rates = {name: args.samples / statistics.median(found) for name, found in times.items()}
    ratio = rates["direct"] / rates["pyfaidx + pyBigWig"]
    for name, rate in rates.items():
        print(f"{name:20} {rate:10,.0f} samples/s")
    print(f"direct reading is {ratio:.1f} times the baseline (at least {LIMIT})")
    record(rates, args.samples)
    return 0 if ratio >= LIMIT else 1


def record(rates: dict[str, float], samples: int) -> None:
    """Adds a row for each reader to the file of results."""
    for name, rate in rates.items():
        row = {"reader": name, "samples": samples, "samples_per_second": round(rate)}
        add_row(RESULTS, {**circumstances(processor()), **row})


if __name__ == "__main__":
    raise SystemExit(main())
