"""`getdsl find-lr SPEC`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from getdsl.cli.options import add_fuse, add_machine, add_offline, add_spec, add_trust, need_spec
from getdsl.cli.printing import say
from getdsl.diagnostics import UserError
from getdsl.trust import trust_of

PICTURES = (".png", ".svg", ".pdf")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_spec(parser)
    add_trust(parser)
    add_fuse(parser)
    parser.add_argument(
        "--from", dest="lowest", type=float, default=1e-6, metavar="LR", help="first rate (1e-6)"
    )
    parser.add_argument("--to", dest="highest", type=float, default=1.0, metavar="LR", help="last rate (1)")
    parser.add_argument(
        "--steps", type=int, default=100, metavar="N", help="steps, each with another rate (100)"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("learning_rates.png"),
        metavar="FILE",
        help="the picture of the loss by rate: PNG or SVG (learning_rates.png)",
    )
    add_offline(parser)
    add_machine(parser)


def refuse_other_picture(path: Path) -> None:
    """Raises UserError where a picture cannot be called so."""
    if path.suffix.lower() not in PICTURES:
        raise UserError(f"a picture cannot be `{path.name}`", "call it FILE.png, FILE.svg or FILE.pdf")


def run(args: argparse.Namespace) -> int:
    """The setting to paste goes to stdout; the spec stays as it is."""
    if not 0 < args.lowest < args.highest or args.steps < 20:
        raise UserError(
            "the test needs rates that rise, and at least 20 steps", "give `--from 1e-6 --to 1 --steps 100`"
        )
    refuse_other_picture(args.output)
    spec, trust = need_spec(args), trust_of(args.trust)
    if spec.training.parts:
        raise UserError(
            "the test is of one optimizer, and the spec has several", "try their rates by `getdsl sweep`"
        )
    from getdsl.runs.finders.learning_rate import draw, range_test, refuse_flat
    from getdsl.runs.finders.trial import trial
    from getdsl.runs.opened.options import Options
    from getdsl.runs.opened.origins import FromPlan
    from getdsl.runs.opened.session import Session
    from getdsl.runs.process.memory import keep_freed_memory

    options = Options(
        trust=trust, fuse=args.fuse, offline=args.offline, threads=args.threads, device=args.device
    )
    keep_freed_memory()
    with trial(Session(spec, FromPlan(spec, options), options)) as made:
        found = range_test(made, args.lowest, args.highest, args.steps)
    draw(found, args.output)
    say(f"{args.output}: the loss by learning rate, {len(found.rates)} steps", file=sys.stderr)
    word = type(spec.training.stages[0].optimizer).word
    say(f"optimizer = {word}(lr = {refuse_flat(found):g})")
    return 0
