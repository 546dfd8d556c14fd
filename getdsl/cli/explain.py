"""`getdsl explain CODE`: what a diagnostic means and how to mend it."""

from __future__ import annotations

import argparse

from getdsl.diagnostics import UserError, suggestion
from getdsl.diagnostics.catalogue import CODES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "code", nargs="?", metavar="CODE", help="a code such as GET301; without one, all of them"
    )


def run(args: argparse.Namespace) -> int:
    if args.code is None:
        for name, code in CODES.items():
            print(f"{name}  {code.title}")
        return 0
    wanted = args.code.upper()
    if wanted not in CODES:
        raise UserError(
            f"there is no code `{args.code}`", suggestion(wanted, CODES) or "`getdsl explain` lists them"
        )
    code = CODES[wanted]
    print(f"{wanted}: {code.title}\n\n{code.explanation}")
    return 0
