"""`getdsl check`: is the spec right, and what shape is everything?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from getdsl.cli.options import add_format, add_set_dim, add_spec, check_spec, dims_of
from getdsl.cli.printing import hand_over, say, tell
from getdsl.diagnostics import Diagnostic, UserError
from getdsl.diagnostics.render import render
from getdsl.diagnostics.text import counted


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
    parser.add_argument("--fix", action="store_true", help="mend what has one right answer, in the files")
    parser.add_argument(
        "--diff", action="store_true", help="with --fix: write nothing, print what would change"
    )


def run(args: argparse.Namespace) -> int:
    """Prints diagnostics to stderr (machine formats to stdout) and a summary to stdout."""
    if args.fix or args.diff:
        _mend(args)
    diagnostics: list[Diagnostic] = []
    failed = False
    for path in args.spec:
        checked = check_spec(args, path)
        diagnostics += checked.diagnostics
        failed |= not checked.ok
        if args.summary and checked.spec is not None:
            from getdsl.compiler.cost.summary import summary

            say(summary(checked.spec, args.depth, dims_of(args, checked.spec)))
    if args.diff:  # which stands on stdout
        _show(diagnostics, "text")
        return 1 if failed else 0
    _show(diagnostics, args.format)
    if args.fix and args.format == "text":
        _tell_left(sum(bool(item.fixes) for item in diagnostics))
    if not failed and not args.summary and args.format == "text":
        names = ", ".join(str(path) for path in args.spec)
        say(f"{names}: {'fine' if len(args.spec) == 1 else 'all fine'}")
    return 1 if failed else 0


def _mend(args: argparse.Namespace) -> None:
    """Makes the fixes in the files of each spec, or prints them. Raises UserError for a diff of nothing."""
    if not args.fix:
        raise UserError("`--diff` shows what `--fix` would do", "give both: `--fix --diff`")
    from getdsl.mending.files import mended_files, shown

    out = sys.stdout if args.format == "text" else sys.stderr
    for path in args.spec:
        files, made = mended_files(path, args.set, args.params, args.model)
        if args.diff:
            hand_over("".join(file.difference("fixed") for file in files))
            continue
        for file in files:
            file.write()
        for fix in made:
            say(f"{shown(fix.file)}:{fix.line}: {fix.title}", file=out)


def _tell_left(number: int) -> None:
    """Says that mistakes stand whose help is a fix."""
    if number:
        what = "1 fix was not made: it" if number == 1 else f"{number} fixes were not made: each"
        say(
            f"note: {what} uncovers an error without one, or stands in a file to be left alone",
            file=sys.stderr,
        )


def _show(diagnostics: Sequence[Diagnostic], format: str) -> None:
    if format != "text":
        hand_over(render(diagnostics, format) + "\n")
    elif diagnostics:
        tell(diagnostics)
        say("\n" + _count(diagnostics), file=sys.stderr)


def _count(diagnostics: Sequence[Diagnostic]) -> str:
    help = next((item.code for item in diagnostics if item.severity == "error"), None)
    return counted(diagnostics) + (f"; `getdsl explain {help}` says more" if help else "")
