"""The motifs that a run's contributions name: a gate on ABF1, RAP1 and REB1, and figures that are kept.

    python benchmarks/motifs.py runs/quickstart --keep promoters.zarr --json benchmarks/results/motifs.json

Contributions that `--keep` finds are read, and not computed again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from recording import circumstances, processor

from getdsl.compiler.constants.paths import PACKAGE
from getdsl.runs.interpret.interpret import write_interpretation
from getdsl.runs.interpret.motif_table import MotifTable, motif_table
from getdsl.runs.interpret.request import Request
from getdsl.runs.interpret.stored import Interpretation

DATABASE = PACKAGE / "data" / "yeast" / "JASPAR2026_fungi.meme"
EXPECTED, AMONG = {"ABF1", "RAP1", "REB1"}, 5
KEPT = 20  # rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="the folder of a run of specs/quickstart.get")
    parser.add_argument("--samples", type=int, default=600, metavar="N")
    parser.add_argument("--references", type=int, default=4, metavar="N")
    parser.add_argument("--keep", type=Path, required=True, metavar="OUT.zarr")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    if not args.keep.exists():
        request = Request("deepshap", references=args.references, limit=args.samples)
        write_interpretation(args.run, args.keep, request)
    table = motif_table(args.keep, DATABASE)
    for rank, row in enumerate(table.rows[:AMONG], 1):
        print(f"{rank}  {row.name:8} {row.seqlets:5,} x {row.mean:.4g}")
    missing = EXPECTED - {row.name for row in table.rows[:AMONG]}
    verdict = f"without {', '.join(sorted(missing))}" if missing else f"with {', '.join(sorted(EXPECTED))}"
    print(f"the first {AMONG} are {verdict}")
    if args.json is not None:
        args.json.write_text(json.dumps(kept(args.keep, table), indent=2) + "\n", encoding="utf-8")
    return 1 if missing else 0


def kept(path: Path, table: MotifTable) -> dict[str, Any]:
    stored = Interpretation(path)
    rows = [
        {
            "rank": rank,
            "motif": row.motif.name,
            "name": row.name,
            "seqlets": row.seqlets,
            "mean": round(row.mean, 4),
        }
        for rank, row in enumerate(table.rows[:KEPT], 1)
    ]
    about = stored.attributes
    return {
        **circumstances(processor()),
        "method": about["request"]["method"],
        "references": about["request"]["references"],
        "samples": stored.shapes["output"][0],
        "checkpoint": about["checkpoint"]["sha256"],
        "missing": about["missing"],
        "stretches": table.found,
        "unmatched": table.unmatched,
        "motifs": rows,
    }


if __name__ == "__main__":
    raise SystemExit(main())
