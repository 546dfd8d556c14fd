"""`getdsl evaluate DIR`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from getdsl.cli.checkpoints import settings_on_top
from getdsl.cli.options import add_adapter, add_checkpoint, add_devices, add_machine, add_trust
from getdsl.cli.printing import hand_over, say
from getdsl.diagnostics import UserError, suggestion_or_list
from getdsl.trust import trust_of

if TYPE_CHECKING:
    from getdsl.compiler.constants.overrides import Overrides
    from getdsl.runs.opened.options import Options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_checkpoint(parser)
    parser.add_argument(
        "--split",
        choices=("test", "validation", "train"),
        help="what to measure on (the held-out test set, where there is one)",
    )
    parser.add_argument(
        "--regions", type=Path, metavar="FILE", help="measure on the regions of a BED file, all of them"
    )
    parser.add_argument(
        "--by",
        default="",
        metavar="NAMES",
        help="a table that tells celltype, chrom or track apart, with commas between them",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="a folder for the table: metrics.tsv, metrics.json"
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="how the figures are printed (text)"
    )
    add_adapter(parser)
    add_trust(parser)
    add_machine(parser)
    add_devices(parser)


def run(args: argparse.Namespace) -> int:
    from getdsl.runs.evaluation.evaluate import evaluate
    from getdsl.runs.evaluation.report import print_table
    from getdsl.runs.evaluation.tables import BY
    from getdsl.runs.opened.options import Options
    from getdsl.runs.process.machine import placed
    from getdsl.runs.process.memory import keep_freed_memory
    from getdsl.runs.process.signals import Interrupted
    from getdsl.runs.ranks.sharing import Process

    overrides = settings_on_top(args.set)
    trust = trust_of(args.trust)
    options = Options(trust=trust, adapter=args.adapter, threads=args.threads, device=args.device)
    options = placed(options, args.devices, args.num_nodes)
    keep_freed_memory()
    by = tuple(name.strip() for name in args.by.split(",") if name.strip())
    for name in by:
        if name not in BY:
            raise UserError(f"`--by` cannot be `{name}`", suggestion_or_list(name, BY, "there are"))
    try:
        if by or args.output is not None or args.regions is not None:
            return _tables(args, by, options, overrides)
        report, same_data = evaluate(args.checkpoint, args.split, options, overrides)
    except Interrupted as signal:
        say("\ninterrupted", file=sys.stderr)
        return 128 + signal.signum
    if not Process.current().first:
        return 0
    if not same_data:
        say("note: the data are not those that the model was trained on", file=sys.stderr)
    if args.format == "json":
        hand_over(json.dumps(report.as_json(), indent=2) + "\n")
    else:
        print_table(report, sys.stdout)
    return 0


def _tables(args: argparse.Namespace, by: tuple[str, ...], options: Options, overrides: Overrides) -> int:
    from getdsl.runs.evaluation.evaluate import evaluate_tables
    from getdsl.runs.evaluation.report import print_table
    from getdsl.runs.evaluation.written import as_json, print_rows, refuse_taken, write_tables
    from getdsl.runs.predict.wanted import Wanted
    from getdsl.runs.ranks.sharing import Process

    wanted = Wanted(args.split, regions=args.regions)
    if args.output is not None:
        refuse_taken(args.output)
    rows, report = evaluate_tables(args.checkpoint, wanted, by, options, overrides)
    if not Process.current().first:
        return 0
    if args.output is not None:
        write_tables(args.output, rows, report)
    if args.format == "json":
        hand_over(json.dumps(as_json(rows), indent=2) + "\n")
        return 0
    if report is not None:
        print_table(report, sys.stdout)
    print_rows(rows, sys.stdout)
    return 0
