"""`getdsl evaluate DIR`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from getdsl.cli.checkpoints import settings_on_top
from getdsl.cli.options import add_devices, add_trust
from getdsl.cli.printing import hand_over, say
from getdsl.cli.train import add_machine
from getdsl.trust import trust_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "checkpoint",
        type=Path,
        metavar="DIR|CHECKPOINT",
        help="the folder of a run, or one of its checkpoints",
    )
    parser.add_argument(
        "--split",
        choices=("test", "validation", "train"),
        help="what to measure on (the held-out test set, where there is one)",
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="how the figures are printed (text)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a param or setting over the run's own: data.regions.files=moved.bed",
    )
    parser.add_argument(
        "--adapter",
        type=Path,
        metavar="FILE",
        help="measure with the adapters of a file, over the checkpoint's weights",
    )
    add_trust(parser)
    add_machine(parser)
    add_devices(parser)


def run(args: argparse.Namespace) -> int:
    from getdsl.runs.evaluate import evaluate
    from getdsl.runs.machine import placed
    from getdsl.runs.memory import keep_freed_memory
    from getdsl.runs.options import Options
    from getdsl.runs.report import print_table
    from getdsl.runs.sharing import Process
    from getdsl.runs.signals import Interrupted

    overrides = settings_on_top(args.set)
    trust = trust_of(args.trust)
    options = Options(trust=trust, adapter=args.adapter, threads=args.threads, device=args.device)
    options = placed(options, args.devices, args.num_nodes)
    keep_freed_memory()
    try:
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
