"""Options that several commands share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from getdsl.compiler.check import check
from getdsl.compiler.spec import Checked, Spec
from getdsl.diagnostics import SpecError
from getdsl.diagnostics.render import render


def add_spec(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """The spec, and what is set from outside."""
    parser.add_argument("spec", type=Path, nargs="+" if several else None, metavar="SPEC", help="a .get file")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a param or setting: embed_dim=256, train.epochs=3, encoder.num_heads=2",
    )
    parser.add_argument(
        "--params",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a YAML file of params and settings",
    )
    parser.add_argument(
        "--model", metavar="NAME", help="the model to take, where the file has several (the last)"
    )


def add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=("text", "json", "github"),
        default="text",
        help="how diagnostics are printed (text)",
    )


def add_trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trust",
        action="store_true",
        help="run Python that the spec names with `extern`, outside the library",
    )


def add_fuse(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-fuse", dest="fuse", action="store_false", help="leave every block a kernel of its own"
    )


def check_spec(args: argparse.Namespace, path: Path | None = None) -> Checked:
    """Checks the command's spec (or another one with its overrides)."""
    return check(path or args.spec, settings=args.set, param_files=args.params, model=args.model)


def need_spec(args: argparse.Namespace) -> Spec:
    """The command's spec; its warnings go to stderr. Raises SpecError where it has errors."""
    checked = check_spec(args)
    if checked.spec is None:
        raise SpecError(checked.diagnostics)
    if checked.diagnostics:
        print(render(checked.diagnostics, "text", sys.stderr), file=sys.stderr)
    return checked.spec
