"""`getdsl check`: is the spec right, and what shape is everything?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from getdsl.cli.options import add_format, add_set_dim, add_spec, check_spec, dims_of
from getdsl.cli.printing import hand_over, say, tell
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.render import render


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_spec(parser, several=True)
    add_format(parser)
    parser.add_argument(
        "--summary",
        action="store_true",
        help="print every node with its shape and parameters, and what a step of training costs",
    )
    parser.add_argument(
        "--depth", type=int, default=1, metavar="N", help="how many levels of blocks --summary opens (1)"
    )
    add_set_dim(parser)


def run(args: argparse.Namespace) -> int:
    """Prints diagnostics to stderr (machine formats to stdout) and a summary to stdout."""
    diagnostics: list[Diagnostic] = []
    failed = False
    for path in args.spec:
        checked = check_spec(args, path)
        diagnostics += checked.diagnostics
        failed |= not checked.ok
        if args.summary and checked.spec is not None:
            from getdsl.compiler.cost.summary import summary

            say(summary(checked.spec, args.depth, dims_of(args, checked.spec)))
    _show(diagnostics, args.format)
    if not failed and not args.summary and args.format == "text":
        names = ", ".join(str(path) for path in args.spec)
        say(f"{names}: {'fine' if len(args.spec) == 1 else 'all fine'}")
    return 1 if failed else 0


def _show(diagnostics: Sequence[Diagnostic], format: str) -> None:
    if format != "text":
        hand_over(render(diagnostics, format) + "\n")
    elif diagnostics:
        tell(diagnostics)
        say("\n" + _count(diagnostics), file=sys.stderr)


def _count(diagnostics: Sequence[Diagnostic]) -> str:
    counts = {
        kind: sum(item.severity == kind for item in diagnostics) for kind in ("error", "warning", "note")
    }
    shown = [f"{number} {kind}{'s' if number != 1 else ''}" for kind, number in counts.items() if number]
    help = next((item.code for item in diagnostics if item.severity == "error"), None)
    return ", ".join(shown) + (f"; `getdsl explain {help}` says more" if help else "")
