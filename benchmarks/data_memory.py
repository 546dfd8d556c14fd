"""Memory and time of opening data, and of preparing them, by the number of regions: nothing else is to grow.

Random regions of the yeast genome that ships, with their DNA of 200 bp, the cut sites in them and a column
of their own; each run is a process of its own. `over_mb` is the most memory that a process held beyond
what it held once all was imported, `table_mb` what the regions' table takes of it. Prints a row for each
run, adds it to benchmarks/results/data_memory.csv, and exits 1 where a run holds more than `BESIDE` MB
beside twice its table, which is read, and made.

    python benchmarks/data_memory.py --regions 5000 50000 500000 1000000
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from recording import add_row, circumstances, processor

BESIDE = 150
STEPS = ("open the files", "prepare", "open the store")
RESULTS = Path(__file__).parent / "results" / "data_memory.csv"
SPEC = """
model Any {
    input sequence: onehot[B, L, 4]
    output y = mean(sequence, dim = [1, 2])
}
data {
    genome  = "getdsl:yeast/sacCer3_16chr.fa.gz"
    regions = Regions("regions.tsv")
    batch {
        sequence = Sequence(length = 200)
        cuts     = Fragments("getdsl:yeast/yeast_500k_SRR1822137.bedpe.gz")
        score    = Column("score")
    }
    store = "batches.zarr"
}
"""
RUN = """
import json, sys, time
from pathlib import Path
import numpy as np
import zarr
import getdsl.data.readers.column, getdsl.data.readers.fragments, getdsl.data.readers.sequence
import getdsl.data.regions.regions
from getdsl.compiler.check import check
from getdsl.data.declared import DeclaredData
from getdsl.runs.preparing.prepare import prepare


def most():
    text = Path("/proc/self/status").read_text()
    return int(text.split("VmHWM:")[1].split()[0]) / 1e3


folder, step = Path(sys.argv[1]), sys.argv[2]
spec = check(folder / "spec.get").spec
before, started = most(), time.perf_counter()
if step == "prepare":
    prepare(spec, folder / "batches.zarr")
    seconds, table = time.perf_counter() - started, 0.0
else:
    source = DeclaredData(spec.data, spec.data_settings, direct=step == "open the files")
    seconds, held = time.perf_counter() - started, source.regions
    arrays = [held.chrom, held.start, held.end, held.strand, held.name, held.file, held.line]
    table = sum(array.nbytes for array in [*arrays, *held.columns.values()]) / 1e6
print(json.dumps({"over_mb": most() - before, "seconds": seconds, "table_mb": table}))
"""


def write(folder: Path, regions: int) -> None:
    random = np.random.default_rng(0)
    starts = random.integers(1000, 200_000, regions)
    chromosomes = np.array(["chrI", "chrII", "chrIII", "chrIV", "chrV"])[np.arange(regions) % 5]
    with (folder / "regions.tsv").open("w") as file:
        file.write("chrom\tstart\tend\tname\tscore\n")
        for number, (chrom, start) in enumerate(zip(chromosomes.tolist(), starts.tolist(), strict=True)):
            file.write(f"{chrom}\t{start}\t{start + 200}\tpeak{number}\t{number % 1000}\n")
    (folder / "spec.get").write_text(SPEC)


def measured(folder: Path, step: str) -> dict[str, Any]:
    """Figures of a step, done by a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(folder), step], check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--regions", type=int, nargs="+", default=[5000, 50_000, 500_000])
    wrong = False
    for regions in parser.parse_args().regions:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), regions)
            rows = {step: measured(Path(folder), step) for step in STEPS}
        table = rows["open the files"]["table_mb"]
        for step, row in rows.items():
            beside = row["over_mb"] - 2 * table
            wrong = wrong or beside > BESIDE
            print(
                f"{regions:9,} regions  {step:15} {row['over_mb']:8.0f} MB  {row['seconds']:7.1f} s"
                f"  (table {table:.0f} MB)"
            )
            add_row(
                RESULTS,
                {**circumstances(processor()), "regions": regions, "step": step, **row, "table_mb": table},
            )
    return int(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
