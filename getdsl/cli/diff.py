"""`getdsl diff A B`: what differs between two specs, and whether the checkpoints of A load in B."""

from __future__ import annotations

import argparse
import json
import sys

from getdsl.cli.options import add_overrides, add_set_dim, dims_of
from getdsl.cli.printing import hand_over, say_painted

EXIT_DIFFERS = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "before",
        metavar="A",
        help="a .get file, one in a revision of git (HEAD~1:specs/x.get, or HEAD~1: for the file of B), "
        "a checkpoint, or the folder of a run",
    )
    parser.add_argument(
        "after",
        nargs="?",
        metavar="B",
        help="likewise (without it: A as the last commit has it, and as it is)",
    )
    add_overrides(parser)
    add_set_dim(parser)
    parser.add_argument(
        "--format",
        choices=("text", "json", "markdown"),
        default="text",
        help="for a terminal, for programs, or for a pull request (text)",
    )
    parser.add_argument("--exit-code", action="store_true", help="exit with 1 where they differ, as git does")


def run(args: argparse.Namespace) -> int:
    from getdsl.diff.comparison import compare
    from getdsl.diff.opened import Asked, open_sides

    before, after = open_sides(args.before, args.after, Asked(args.set, args.params, args.model))
    found = compare(before, after, dims_of(args, before.spec, after.spec))
    if args.format == "json":
        from getdsl.diff.page.record import record

        hand_over(json.dumps(record(found), indent=2, ensure_ascii=False) + "\n")
    elif args.format == "markdown":
        from getdsl.diff.page.markdown import markdown

        hand_over(markdown(found) + "\n")
    else:
        from getdsl.diagnostics.render import takes_color
        from getdsl.diff.page.text import text

        say_painted(text(found, color=takes_color(sys.stdout)))
    return EXIT_DIFFERS if args.exit_code and not found.same else 0
