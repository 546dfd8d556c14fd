"""`getdsl runs DIR …`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from getdsl.cli.printing import hand_over, say
from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import first_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folders",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="the folder of a run, or one that holds such folders",
    )
    parser.add_argument(
        "--sort",
        metavar="COLUMN",
        help="by a figure, the best first (pearson), a setting (optimizer.lr), seed, best, time, …",
    )
    parser.add_argument("--reverse", action="store_true", help="the other way round")
    parser.add_argument("--json", action="store_true", help="all that is known of each run, as JSON")
    parser.add_argument(
        "--curves", type=Path, metavar="FILE.png", help="draw their learning curves (png, svg or pdf)"
    )


def run(args: argparse.Namespace) -> int:
    from getdsl.runs.comparison.find import find_runs
    from getdsl.runs.comparison.row import row_of
    from getdsl.runs.comparison.table import Comparison, as_json, print_comparison

    if args.curves is not None and args.curves.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise UserError(f"`{args.curves}` is no name of a picture", "end it in .png, .svg or .pdf")
    folders = find_runs(args.folders)
    if not folders:
        named = first_of([str(folder) for folder in args.folders])
        raise UserError(
            f"there are no runs in {named}",
            "`getdsl train SPEC -o DIR` makes one",
        )
    found = Comparison.of([row_of(folder) for folder in folders]).sorted(args.sort, reverse=args.reverse)
    if args.json:
        hand_over(json.dumps(as_json(found), indent=2, ensure_ascii=False) + "\n")
    else:
        print_comparison(found, sys.stdout)
    if args.curves is not None:
        from getdsl.runs.comparison.curves import draw_curves

        draw_curves(args.curves, found.rows)
        say(f"{args.curves}: the learning curves", file=sys.stderr)
    return 0
