"""Trains the quickstart with several seeds: mean and spread of its figures on held-out promoters."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from getdsl.compiler.check import check
from getdsl.diagnostics import SpecError
from getdsl.runs.evaluation.report import Report, number, shown_name
from getdsl.runs.opened.options import Options
from getdsl.runs.process.memory import keep_freed_memory
from getdsl.runs.run_folder.provenance import versions
from getdsl.runs.training.train import train

SPEC = Path(__file__).parents[1] / "specs" / "quickstart.get"
GOAL = 0.69  # mean Pearson r of the model


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="N")
    parser.add_argument("--spec", type=Path, default=SPEC)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--threads", type=int, metavar="N")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="keep the figures with machine, date and versions"
    )
    args = parser.parse_args()
    keep_freed_memory()
    runs = [one_seed(args.spec, seed, args.set, args.threads) for seed in args.seeds]
    reports = [report for report, _ in runs]
    print_figures(args.spec, args.seeds, runs)
    mean = statistics.mean(report.model["pearson"] for report in reports)
    print(f"goal: mean Pearson r of at least {GOAL}: {'reached' if mean >= GOAL else 'MISSED'} ({mean:.4f})")
    if args.json:
        args.json.write_text(json.dumps(kept(args.seeds, runs), indent=2) + "\n", encoding="utf-8")
    return 0 if mean >= GOAL else 1


def print_figures(spec: Path, seeds: list[int], runs: list[tuple[Report, float]]) -> None:
    reports = [report for report, _ in runs]
    first = reports[0]
    names = [name for name in first.model if name in first.baseline]

    def row(label: str, cells: list[str]) -> None:
        print(f"{label:28}{''.join(cell.rjust(20) for cell in cells)}")

    print(f"\n{spec.name}, seeds {', '.join(map(str, seeds))}, {first.samples:,} held-out samples")
    row("", [shown_name(name) for name in names])
    for (report, seconds), seed in zip(runs, seeds, strict=True):
        row(f"seed {seed} ({seconds:.0f} s)", [number(report.model[name]) for name in names])
    row("mean ± standard deviation", [spread(reports, name) for name in names])
    row("baseline (ridge on motifs)", [number(first.baseline[name]) for name in names])


def one_seed(spec: Path, seed: int, settings: list[str], threads: int | None) -> tuple[Report, float]:
    """The report of a run in a folder that is thrown away, and its seconds."""
    checked = check(spec, settings=[*settings, f"train.seed={seed}"])
    if checked.spec is None:
        raise SpecError(checked.diagnostics)
    print(f"seed {seed}", file=sys.stderr)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = train(checked, Path(folder) / "run", Options(threads=threads, bar=False))
    return report, time.monotonic() - started


def spread(reports: list[Report], name: str) -> str:
    values = [report.model[name] for report in reports]
    return f"{statistics.mean(values):.4f} ± {statistics.stdev(values) if len(values) > 1 else 0:.4f}"


def kept(seeds: list[int], runs: list[tuple[Report, float]]) -> dict[str, Any]:
    """The figures, and what they were measured with."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "system": platform.system()},
        "versions": versions(),
        "runs": [
            {"seed": seed, "seconds": round(seconds, 1)} | report.as_json()
            for seed, (report, seconds) in zip(seeds, runs, strict=True)
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
