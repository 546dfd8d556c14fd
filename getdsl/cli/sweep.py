"""`getdsl sweep SPEC -o DIR --grid NAME=VALUES`."""

from __future__ import annotations

import argparse
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from getdsl.cli.options import add_fuse, add_machine, add_offline, add_spec, add_trust, add_workers
from getdsl.cli.printing import say
from getdsl.trust import trust_of

if TYPE_CHECKING:
    from getdsl.runs.sweep.carry_out import Outcome
    from getdsl.runs.sweep.points import Point


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_spec(parser)
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="where the folders of the runs go"
    )
    parser.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="NAME=A,B,…",
        help="values of a param or setting, as --set takes them; every combination of several is a run",
    )
    parser.add_argument("--seeds", metavar="A,B,…", help="the same as --grid train.seed=A,B,…")
    parser.add_argument("--overwrite", action="store_true", help="train all of them anew")
    add_workers(parser)
    add_trust(parser)
    add_fuse(parser)
    add_offline(parser)
    add_machine(parser)
    parser.add_argument("--quiet", action="store_true", help="print the final table only")


def run(args: argparse.Namespace) -> int:
    """Progress goes to stderr, the final table to stdout; 1 where a point failed."""
    from getdsl.runs.sweep.points import Base, lay_out

    shown = StringIO() if args.quiet else sys.stderr
    base = Base(args.spec, tuple(args.set), tuple(args.params), args.model)
    points = lay_out(base, args.grid, args.seeds, args.output)
    from getdsl.runs.comparison.row import row_of
    from getdsl.runs.comparison.table import Comparison, print_comparison
    from getdsl.runs.opened.options import Options
    from getdsl.runs.process.signals import Interrupted
    from getdsl.runs.sweep.sweep import sweep
    from getdsl.runs.sweep.workers import Workers

    options = Options(
        overwrite=args.overwrite,
        trust=trust_of(args.trust),
        fuse=args.fuse,
        offline=args.offline,
        threads=args.threads,
        device=args.device,
        quiet=args.quiet,
        bar=False,
    )

    def told(point: Point, outcome: Outcome | None) -> None:
        if outcome is None:
            say(f"{point.name} ({points.index(point) + 1} of {len(points)})", file=shown)
        else:
            say(f"{point.name}: {outcome.why or outcome.state}", file=shown)

    try:
        outcomes = sweep(points, args.output, options, Workers(args.workers, args.scheduler), told)
    except (Interrupted, KeyboardInterrupt) as signal:
        say("\ninterrupted; the same command goes on where it was", file=sys.stderr)
        return 128 + (signal.signum if isinstance(signal, Interrupted) else 2)
    print_comparison(Comparison.of([row_of(point.folder) for point in points]), sys.stdout)
    failures = sum(outcome.state == "failed" for outcome in outcomes.values())
    if failures:
        say(f"{failures} of {len(points)} runs failed; the same command tries them again", file=sys.stderr)
    return 1 if failures else 0
