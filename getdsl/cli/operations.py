"""`getdsl operations [NAME]`: what a spec can do with tensors, and how one of them is called."""

from __future__ import annotations

import argparse

from getdsl.cli.printing import say
from getdsl.compiler.operations import OPERATIONS
from getdsl.compiler.operations.registry import Operation
from getdsl.diagnostics import UserError, suggestion


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="an operation to show in full; without one, all of them"
    )


def run(args: argparse.Namespace) -> int:
    if args.name is None:
        width = max(map(len, OPERATIONS))
        say("\n".join(f"{name.ljust(width)}  {row.doc}" for name, row in OPERATIONS.items()))
        return 0
    row = OPERATIONS.get(args.name)
    if row is None:
        near = suggestion(args.name, OPERATIONS)
        raise UserError(f"there is no operation `{args.name}`", near or "`getdsl operations` lists them")
    say(page(row))
    return 0


def page(row: Operation) -> str:
    constant = " and ".join(f"`{name}`" for name in row.constant)
    but = f", but to {constant}" if row.gradient and constant else ""
    gradient = f"{'a' if row.gradient else 'no'} gradient passes{but}"
    return f"{row.usage()}\n\n{row.doc}\n\n    {row.example}\n\n{gradient}"
