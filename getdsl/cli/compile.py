"""`getdsl compile SPEC -o DIR`, or of a checkpoint, which holds its spec."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from getdsl.cli.checkpoints import opened_checkpoint
from getdsl.cli.options import add_fuse, add_offline, add_spec, add_trust, need_spec
from getdsl.cli.printing import say, tell
from getdsl.trust import trust_of
from getdsl.weights.sniff import is_checkpoint

if TYPE_CHECKING:
    from getdsl.compiler.lower.compiled import Compiled


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_spec(parser, or_checkpoint=True)
    add_trust(parser)
    add_fuse(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="a new folder, or one of an earlier compile",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the fresh weights (0)")
    parser.add_argument(
        "--merge-lora",
        action="store_true",
        help="add the adapters to the weights that they adapt, instead of a file of their own",
    )
    add_offline(parser)


def run(args: argparse.Namespace) -> int:
    trust = trust_of(args.trust)
    if not is_checkpoint(args.spec):
        spec = need_spec(args)
        from getdsl.compiler.lower.carry_out import build_planned
        from getdsl.compiler.plan.planned import plan_spec
        from getdsl.compiler.refusals import refuse_untrusted

        refuse_untrusted(spec, trust)
        planned = plan_spec(spec, offline=args.offline, progress=True, trust=trust)
        compiled = build_planned(planned, args.seed, fuse=args.fuse)
        if compiled.warnings:
            tell(compiled.warnings)
        return _write(compiled, args)
    with opened_checkpoint(args, trust) as session:
        return _write(session.compiled, args)


def _write(compiled: Compiled, args: argparse.Namespace) -> int:
    from getdsl.compiler.lower.package import FILES, write_package

    if args.merge_lora:
        compiled.merge_adapters()
    compared = write_package(compiled, args.output)
    for path in (args.output / name for name in FILES):
        if path.exists():
            say(f"{path}  {path.stat().st_size:,} bytes")
    if compared.why_not:
        say(f"note: its outputs were not held against the model's: {compared.why_not}", file=sys.stderr)
    return 0
