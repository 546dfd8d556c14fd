"""`getdsl plan SPEC`: what load, lora and freeze will do, and what a run will cost, before it does."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from getdsl.cli.options import add_format, add_offline, add_set_dim, add_spec, add_trust, check_spec, dims_of
from getdsl.cli.printing import hand_over, say, tell
from getdsl.compiler.plan.planned import Planned
from getdsl.diagnostics import Diagnostic, SpecError
from getdsl.diagnostics.render import as_json, render
from getdsl.trust import trust_of

EXIT_CHANGES = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_spec(parser)
    add_trust(parser)
    add_format(parser)
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--all", action="store_true", help="a line for every tensor")
    shown.add_argument("--depth", type=int, default=1, metavar="N", help="how many levels of blocks (1)")
    parser.add_argument(
        "--suggest",
        action="store_true",
        help="print only the `rename` blocks to paste, where keys do not match",
    )
    add_offline(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="save the plan for `train --plan`")
    parser.add_argument(
        "--detailed-exitcode",
        action="store_true",
        help="exit with 3 where something is new, dropped, missing or unexpected",
    )
    add_set_dim(parser)


def run(args: argparse.Namespace) -> int:
    """The plan goes to stdout, what is wrong to stderr."""
    checked = check_spec(args)
    if checked.spec is None:
        raise SpecError(checked.diagnostics)
    spec = checked.spec
    from getdsl.compiler.plan.planned import plan_spec
    from getdsl.compiler.plan.readiness import can_run, changes, is_idle, readiness, refuse_untrainable
    from getdsl.compiler.plan.saved import save
    from getdsl.compiler.refusals import refuse_untrusted

    sizes, trust = dims_of(args, spec), trust_of(args.trust)
    planned = plan_spec(spec, offline=args.offline, progress=sys.stderr.isatty(), trust=trust)
    told = [item for item in checked.diagnostics if item.code != "GET603"]  # absence is an error from here on
    diagnostics = [*told, *readiness(planned)]
    _show(args, planned, diagnostics, sizes)
    refuse_untrusted(spec, trust)
    if not can_run(diagnostics):
        return 1
    if is_idle(planned):
        refuse_untrainable(planned.plan)
    if args.output is not None:
        save(planned, args.output)
    return EXIT_CHANGES if args.detailed_exitcode and changes(planned.plan) else 0


def _show(
    args: argparse.Namespace, planned: Planned, diagnostics: list[Diagnostic], sizes: dict[str, int]
) -> None:
    if args.suggest:
        from getdsl.compiler.plan.page.leftovers import suggestion_lines

        say("\n".join(suggestion_lines(planned.plan)))
    elif args.format == "json":
        from getdsl.compiler.plan.saved import plan_record

        told = [as_json(item) for item in diagnostics]
        hand_over(json.dumps({**plan_record(planned), "diagnostics": told}, indent=2) + "\n")
    elif args.format == "github":
        hand_over(render(diagnostics, "github") + "\n")
    else:
        from getdsl.compiler.plan.page.report import report
        from getdsl.compiler.plan.readiness import plan_cost

        cost = plan_cost(planned, sizes)
        depth = max(args.depth, 1)
        say(report(planned, cost, diagnostics, depth=depth, every=args.all))
    if args.format == "text" and diagnostics:
        sys.stdout.flush()
        tell(diagnostics, before="\n")
