"""`getdsl compile SPEC -o DIR`."""

from __future__ import annotations

import argparse
from pathlib import Path

from getdsl.cli.options import add_fuse, add_spec, add_trust, need_spec


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_spec(parser)
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


def run(args: argparse.Namespace) -> int:
    spec = need_spec(args)
    from getdsl.compiler.lower import build
    from getdsl.compiler.lower.package import FILES, write_package
    from getdsl.compiler.refusals import refuse_unbuilt, refuse_untrusted

    refuse_unbuilt(spec)
    refuse_untrusted(spec, args.trust)
    write_package(build(spec, args.seed, fuse=args.fuse), args.output)
    for name in FILES:
        path = args.output / name
        print(f"{path}  {path.stat().st_size:,} bytes")
    return 0
