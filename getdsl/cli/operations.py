"""`getdsl operations [NAME]`: what a spec can do with tensors, and how one of them is called."""

from __future__ import annotations

import argparse

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
        print("\n".join(f"{name.ljust(width)}  {row.doc}" for name, row in OPERATIONS.items()))
        return 0
    row = OPERATIONS.get(args.name)
    if row is None:
        near = suggestion(args.name, OPERATIONS)
        raise UserError(f"there is no operation `{args.name}`", near or "`getdsl operations` lists them")
    print(page(row))
    return 0


def page(row: Operation) -> str:
    gradient = "a gradient passes" if row.gradient else "no gradient passes"
    but = f", but to `{row.chosen_by}`" if row.gradient and row.chosen_by is not None else ""
    return f"{row.usage()}\n\n{row.doc}\n\n    {row.example}\n\n{gradient}{but}"
