"""`getdsl show SPEC`: a stage of the compiler, as text."""

from __future__ import annotations

import argparse

from getdsl.cli.options import add_fuse, add_spec, add_trust, need_spec

STAGES = ("spec", "ast", "graph", "fused", "fx")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_spec(parser)
    add_trust(parser)
    add_fuse(parser)
    parser.add_argument(
        "--stage",
        choices=STAGES,
        default="spec",
        help="spec: params and settings, and where each came from; ast: the syntax tree; "
        "graph: the checked graph; fused: what became which kernel; fx: the lowered code (spec)",
    )


def run(args: argparse.Namespace) -> int:
    from getdsl.compiler import show

    if args.stage == "ast":
        from getdsl.api import parse

        print(show.syntax_text(parse(args.spec)))
        return 0
    spec = need_spec(args)
    if args.stage == "spec":
        print(show.spec_text(spec))
    elif args.stage == "graph":
        print(show.graph_text(spec.graph))
    elif args.stage == "fused":
        print(show.fused_text(spec.graph, args.fuse))
    else:
        from getdsl.compiler.lower import build
        from getdsl.compiler.refusals import refuse_untrusted

        refuse_untrusted(spec, args.trust)
        print(build(spec, fuse=args.fuse).module.code.strip())
    return 0
