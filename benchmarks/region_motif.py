"""Reading GET's region data: samples a second beside GET's own manner, and the memory of starting.

    python benchmarks/region_motif.py            # 50,000 peaks x 283 features; 5 k, 50 k and 500 k peaks

GET's loader holds the whole store in memory and divides all of it for each sample that it yields;
`WholeStore` does that in a few lines of its own. Both yield the same windows first, value for value, or
nothing is measured. Each start is a process of its own: what stays in memory, and the most that the first
start ever held, which finds the motifs' scales. Rows go to benchmarks/results/region_motif.csv and
region_motif_start.csv. Exits 1 where ours is less than 10 times as fast, or where what stays grows by more
than 80 bytes a peak from the smallest store to the largest.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from recording import add_row, circumstances, processor

from getdsl.data.draws import Draws
from getdsl.data.region_motif.peaks import Peaks
from getdsl.data.region_motif.region_motif import RegionMotif
from getdsl.data.region_motif.write import Columns, write_region_motif

RESULTS = Path(__file__).parent / "results"
MOTIFS, SIZE, STEP, BATCH = 282, 200, 100, 16
SPEED, BYTES = 10, 80
CELLTYPE = "made"
Array = np.ndarray[Any, Any]


def made_store(path: Path, peaks: int) -> None:
    """A store with one cell type, of which 7 of 10 peaks are accessible."""
    random = np.random.default_rng(0)
    start = np.cumsum(random.integers(500, 3000, peaks))
    table = Peaks(
        tuple(f"chr{number}" for number in range(1, 6)),
        np.arange(peaks) * 5 // peaks,
        start,
        start + random.integers(200, 500, peaks),
    )

    def data() -> Iterator[Array]:
        for first in range(0, peaks, 5000):
            yield random.gamma(0.5, 5, (min(5000, peaks - first), MOTIFS)).astype(np.float32)

    atpm = random.gamma(0.5, 1, peaks) * (random.random(peaks) > 0.3)
    columns = Columns(atpm, random.gamma(0.5, 1, (peaks, 2)), random.random((peaks, 2)) > 0.8)
    write_region_motif(
        path, table, [f"motif{number}" for number in range(MOTIFS)], data(), {CELLTYPE: columns}
    )


class WholeStore:
    """GET's manner: everything in memory, and all of it divided anew for each sample."""

    def __init__(self, source: RegionMotif) -> None:
        store = source.store
        kept = source.samples.kept[0]
        self.data = store.array("data")[:][kept]
        self.atpm = store.column(f"atpm/{CELLTYPE}")[kept]
        self.expression = np.stack(
            [store.column(f"expression_{strand}/{CELLTYPE}")[kept] for strand in ("positive", "negative")],
            axis=1,
        )
        self.factor = self.data.max(axis=0)

    def item(self, start: int) -> tuple[Array, Array]:
        normalized = np.clip(self.data / self.factor, None, 1)
        window = slice(start, start + SIZE)
        features = np.concatenate([normalized[window], np.ones((SIZE, 1), np.float32)], axis=1)
        closed = self.atpm[window] < 0.05
        return features, np.where(closed[:, None], 0, self.expression[window])


def measure(folder: Path, peaks: int, machine: str) -> float:
    """How many times as many samples a second ours yields."""
    path = folder / f"{peaks}.zarr"
    made_store(path, peaks)
    source = RegionMotif(path=str(path), num_region_per_sample=SIZE, sampling_step=STEP)
    whole = WholeStore(source)
    (windows,) = source.samples.windows
    every = np.random.default_rng(1).permutation(len(source))
    starts = windows.start(every, None)  # type: ignore[union-attr]
    for number, start in zip(every[:20], starts[:20], strict=True):
        batch, (features, label) = source.batch(np.array([number])), whole.item(int(start))
        np.testing.assert_array_equal(batch["region_motif"][0].numpy(), features)
        np.testing.assert_array_equal(batch["exp_label"][0].numpy(), label)
    rates = [of_whole(whole, starts), *(of_ours(path, every, epoch) for epoch in range(3))]
    ratio = min(rates[1:]) / rates[0]
    row = {
        **circumstances(machine),
        "peaks": peaks,
        "whole_store": rates[0],
        "first_epoch": rates[1],
        "third_epoch": rates[3],
        "ratio": ratio,
    }
    add_row(RESULTS / "region_motif.csv", row)
    print(
        f"{peaks:,} peaks: {rates[0]:.1f} samples a second in GET's manner, "
        f"ours {rates[1]:.0f} to {rates[3]:.0f}"
    )
    return ratio


def of_whole(whole: WholeStore, starts: Array) -> float:
    began, done = time.perf_counter(), 0
    for start in starts.tolist():
        whole.item(start)
        done += 1
        if time.perf_counter() - began > 5:
            break
    return done / (time.perf_counter() - began)


def of_ours(path: Path, every: Array, epoch: int) -> float:
    """A source opened anew, with nothing unpacked, read in the order of an epoch of training."""
    source = RegionMotif(path=str(path), num_region_per_sample=SIZE, sampling_step=STEP)
    order = np.random.default_rng(epoch).permutation(every)
    began = time.perf_counter()
    for first in range(0, len(order), BATCH):
        part = order[first : first + BATCH]
        source.batch(part, Draws.of(0, epoch, part))
    return len(order) / (time.perf_counter() - began)


def start(path: str) -> dict[str, float]:
    """Opens a store twice in this process: bytes that stay, the most ever held, the second time's seconds."""
    empty = status("VmRSS")
    RegionMotif(path=path)
    most = status("VmHWM") - empty
    gc.collect()
    before, began = status("VmRSS"), time.perf_counter()
    source = RegionMotif(path=path)
    seconds = time.perf_counter() - began
    gc.collect()
    return {"bytes": status("VmRSS") - before, "most": most, "seconds": seconds, "samples": len(source)}


def status(name: str) -> int:
    """A figure of this process, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def starts(folder: Path, sizes: list[int], machine: str) -> float:
    """The bytes a peak by which what stays in memory grows."""
    found: list[int] = []
    for peaks in sizes:
        path = folder / f"{peaks}.zarr"
        if not path.exists():
            made_store(path, peaks)
        line = [sys.executable, __file__, "--start", str(path)]
        result = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
        found.append(result["bytes"])
        row = {
            **circumstances(machine),
            "peaks": peaks,
            "stored_mb": sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) / 1e6,
            "stays_mb": result["bytes"] / 1e6,
            "most_mb": result["most"] / 1e6,
            "seconds": result["seconds"],
        }
        add_row(RESULTS / "region_motif_start.csv", row)
        print(
            "{peaks:,} peaks: {stays_mb:.1f} MB stay, at most {most_mb:.1f}, {seconds:.2f} s to start".format(
                **row
            )
        )
    return (found[-1] - found[0]) / (sizes[-1] - sizes[0])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peaks", type=int, default=50_000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[5_000, 50_000, 500_000])
    parser.add_argument("--machine", default=processor())
    parser.add_argument("--start", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.start:
        print(json.dumps(start(args.start)))
        return 0
    with tempfile.TemporaryDirectory() as name:
        ratio = measure(Path(name), args.peaks, args.machine)
        growth = starts(Path(name), args.sizes, args.machine)
    print(
        f"{ratio:.0f} times as fast; a start grows by {growth:.0f} bytes a peak, whose motifs are "
        f"{MOTIFS * 4}"
    )
    return 0 if ratio >= SPEED and growth <= BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
