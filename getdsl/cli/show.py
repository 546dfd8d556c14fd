"""`getdsl show SPEC`: a stage of the compiler, as text; of a checkpoint, first what it says of itself."""

from __future__ import annotations

import argparse

from getdsl.cli.checkpoints import foreign_header, opened_checkpoint
from getdsl.cli.options import add_fuse, add_spec, add_trust, need_spec
from getdsl.cli.printing import say
from getdsl.compiler.graph.text import graph_text
from getdsl.compiler.show import fused_text, spec_text
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import Diagnostics
from getdsl.grammar.tree import syntax_text
from getdsl.text.source import SourceFile
from getdsl.trust import trust_of
from getdsl.weights.sniff import is_checkpoint

STAGES = ("spec", "ast", "graph", "fused", "fx")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_spec(parser, or_checkpoint=True)
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
    if is_checkpoint(args.spec):
        return _show_checkpoint(args)
    if args.stage == "ast":
        from getdsl.api.front import parse

        say(syntax_text(parse(args.spec)))
        return 0
    spec = need_spec(args)
    _show(spec, args)
    return 0


def _show(spec: Spec, args: argparse.Namespace) -> None:
    if args.stage == "spec":
        say(spec_text(spec))
    elif args.stage == "graph":
        say(graph_text(spec.graph))
    elif args.stage == "fused":
        say(fused_text(spec.graph, args.fuse))
    else:
        from getdsl.compiler.lower import build
        from getdsl.compiler.refusals import refuse_untrusted

        refuse_untrusted(spec, trust_of(args.trust))
        say(build(spec, fuse=args.fuse).module.code.strip())


def _show_checkpoint(args: argparse.Namespace) -> int:
    """What it says of itself, then a stage of the spec inside it; of a file of others, its tensors."""
    from getdsl.runs.run_folder.describe import foreign_text, run_text

    header = foreign_header(args.spec, trust_of(args.trust))
    if header is not None:
        say(foreign_text(header))
        return 0
    with opened_checkpoint(args, trust_of(args.trust)) as session:
        if args.stage == "ast":
            from getdsl.grammar import parse

            source = SourceFile(str(session.spec.path), session.spec.text, session.spec.path)
            say(syntax_text(parse(source, Diagnostics())))
            return 0
        if args.stage == "spec":
            say(run_text(session.stored.header), end="\n\n")
        _show(session.spec, args)
    return 0
