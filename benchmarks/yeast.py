"""Trains the specs on yeast data, one command each, and keeps their figures on the held-out chromosomes.

Each run is a process of its own in a folder that is thrown away; its figures are added to
benchmarks/results/yeast.csv as soon as it ends. Baselines are those of the same run, or of the same samples.

    python benchmarks/yeast.py                            # every spec that needs no file of yours, seed 0
    python benchmarks/yeast.py bpnet contacts --seeds 0 1 2
    python benchmarks/yeast.py expression --expression tpm.tsv
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recording import add_row, circumstances, processor
from yeast_contacts import contact_figures
from yeast_profiles import profile_figures

SPECS = Path(__file__).parents[1] / "specs"
RESULTS = Path(__file__).parent / "results" / "yeast.csv"


@dataclass(frozen=True)
class Run:
    """A command, and the run of the same spec that it is held against."""

    spec: str
    settings: tuple[str, ...] = ()
    baseline: str = ""  # what the run is the baseline of, in words

    def command(self, seed: int, folder: str, more: list[str]) -> list[str]:
        set_ = [word for setting in (*self.settings, *more) for word in ("--set", setting)]
        return ["train", f"specs/{self.spec}.get", "-o", folder, "--seed", str(seed), *set_, "--quiet"]


RUNS = {
    "quickstart": [Run("quickstart")],
    "region_finetune": [Run("yeast/region_finetune")],
    "region_finetune_exp_hic_axial": [Run("yeast/region_finetune_exp_hic_axial")],
    "finetune": [Run("yeast/finetune")],
    "chrombpnet": [Run("yeast/chrombpnet")],
    "bpnet": [Run("yeast/bpnet")],
    "deepstarr": [Run("yeast/deepstarr")],
    "my_model": [Run("yeast/my_model")],
    "contacts": [
        Run("yeast/contacts"),
        Run("yeast/contacts", ("dna=false",), "distance alone"),
    ],
    "expression": [
        Run("yeast/expression"),
        Run("yeast/expression", ("coding=false",), "without the gene's own DNA"),
    ],
}
NEEDS_A_FILE = ("expression",)
SHOWN = {"expression": ["expression=tpm.tsv"]}
"""What a user would say of a file of theirs."""
BESIDE = {"yeast/bpnet": profile_figures, "yeast/contacts": contact_figures}
"""What is measured of a run beside its own figures."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="SPEC", help=f"of {', '.join(RUNS)}")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], metavar="N")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--expression", type=Path, metavar="FILE", help="the table that `expression` learns")
    args = parser.parse_args()
    unknown = set(args.names) - RUNS.keys()
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(RUNS)}")
    names = args.names or [name for name in RUNS if name not in NEEDS_A_FILE]
    if args.expression is None and set(names) & set(NEEDS_A_FILE):
        parser.error("`expression` needs a table: add `--expression tpm.tsv`")
    for name in names:
        more = [f"expression={args.expression.resolve()}"] if name in NEEDS_A_FILE else []
        for seed in args.seeds:
            for run in RUNS[name]:
                for row in rows_of(run, seed, more, args.threads):
                    add_row(RESULTS, row)
    return 0


def rows_of(run: Run, seed: int, more: list[str], threads: int) -> list[dict[str, Any]]:
    """Trains in a folder that is thrown away: a row for each figure."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "run"
        command = [sys.executable, "-m", "getdsl", *run.command(seed, str(folder), more)]
        started = time.monotonic()
        subprocess.run([*command, "--threads", str(threads)], cwd=SPECS.parent, check=True)
        return list(rows_from(folder, run, seed, threads, time.monotonic() - started))


def rows_from(folder: Path, run: Run, seed: int, threads: int, seconds: float) -> Iterator[dict[str, Any]]:
    """The rows of a run's folder. Prints them."""
    found = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    figures = [*figures_of(found), *BESIDE.get(run.spec, lambda _: [])(folder)]
    name = Path(run.spec).name
    shown = ["getdsl", *run.command(seed, f"runs/{name}", SHOWN.get(name, []))]
    for metric, value, baseline in figures:
        print(f"{run.spec} {' '.join(run.settings)} seed {seed}  {metric} {value:.4f}", flush=True)
        yield {
            **circumstances(processor()),
            "spec": run.spec,
            "what": run.baseline,
            "seed": seed,
            "split": found["split"],
            "samples": found["samples"],
            "metric": metric,
            "value": float(value),
            "baseline": baseline,
            "seconds": round(seconds),
            "threads": threads,
            "command": shlex.join(shown),
        }


def figures_of(found: dict[str, Any]) -> list[tuple[str, float, float | str]]:
    """Metrics by name, with the baseline's where the run has one; losses are left out."""
    baseline = found.get("baseline", {})
    return [
        (name, value, baseline.get(name, ""))
        for name, value in found["model"].items()
        if isinstance(value, float) and not name.startswith("loss")
    ]


if __name__ == "__main__":
    sys.exit(main())
