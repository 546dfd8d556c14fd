"""`getdsl compile SPEC -o DIR`, or of a checkpoint, which holds its spec."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from getdsl.cli.checkpoints import opened_checkpoint
from getdsl.cli.options import add_fuse, add_offline, add_spec, add_trust, need_spec, seed
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
    parser.add_argument(
        "--format",
        choices=("fx", "pt2", "onnx", "standalone"),
        default="fx",
        help="a module of getdsl's blocks (fx), or what runs without getdsl: a torch.export program (pt2), "
        "a file of ONNX, or one Python file in plain PyTorch (standalone)",
    )
    parser.add_argument("--seed", type=seed, default=0, help="seed of the fresh weights (0)")
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
    return _write_package(compiled, args) if args.format == "fx" else _write_export(compiled, args)


def _write_export(compiled: Compiled, args: argparse.Namespace) -> int:
    from getdsl.compiler.lower.export.written import write_export

    written = write_export(compiled, args.output, args.format)
    _list(written.files)
    say(written.held.in_words())
    for settled in written.settled:
        say(f"note: it takes one size where the spec leaves it open: {settled}", file=sys.stderr)
    return 0


def _write_package(compiled: Compiled, args: argparse.Namespace) -> int:
    from getdsl.compiler.lower.package import FILES, write_package

    if args.merge_lora:
        compiled.merge_adapters()
    compared = write_package(compiled, args.output)
    _list(path for name in FILES if (path := args.output / name).exists())
    if compared.why_not:
        say(f"note: its outputs were not held against the model's: {compared.why_not}", file=sys.stderr)
    return 0


def _list(paths: Iterable[Path]) -> None:
    for path in paths:
        say(f"{path}  {path.stat().st_size:,} bytes")
