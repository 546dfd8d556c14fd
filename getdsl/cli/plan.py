"""`getdsl plan SPEC`: what load, lora and freeze will do, and what a run will cost, before it does."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from getdsl.cli.options import add_format, add_offline, add_set_dim, add_spec, add_trust, check_spec, dims_of
from getdsl.compiler.plan.plan import Plan
from getdsl.diagnostics import SpecError
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
    from getdsl.api import plan_spec
    from getdsl.compiler.plan.lint import lint
    from getdsl.compiler.plan.readiness import absent_data, can_run, changes, plan_cost
    from getdsl.compiler.plan.record import plan_record, save
    from getdsl.compiler.refusals import refuse_untrusted

    sizes, trust = dims_of(args, spec), trust_of(args.trust)
    plan = plan_spec(spec, offline=args.offline, progress=sys.stderr.isatty(), trust=trust)
    told = [item for item in checked.diagnostics if item.code != "GET603"]  # absence is an error from here on
    diagnostics = [*told, *plan.diagnostics, *absent_data(spec), *lint(spec, plan)]
    if args.suggest:
        print("\n".join(suggestion_lines(plan)))
    elif args.format == "json":
        record = plan_record(spec, plan)
        print(json.dumps({**record, "diagnostics": [as_json(item) for item in diagnostics]}, indent=2))
    elif args.format == "github":
        print(render(diagnostics, "github"))
    else:
        from getdsl.compiler.plan.report import report

        cost = plan_cost(spec, plan, sizes)
        print(report(spec, plan, cost, diagnostics, depth=max(args.depth, 1), every=args.all))
    if args.format == "text" and diagnostics:
        sys.stdout.flush()
        print("\n" + render(diagnostics, "text", sys.stderr), file=sys.stderr)
    refuse_untrusted(spec, trust)
    if not can_run(diagnostics):
        return 1
    if args.output is not None:
        save(spec, plan, args.output)
    return EXIT_CHANGES if args.detailed_exitcode and changes(plan) else 0


def suggestion_lines(plan: Plan) -> list[str]:
    """What to paste into each `load` whose keys do not match, and what nothing tells."""
    from getdsl.compiler.plan.proposal import ambiguous_lines, rename_block
    from getdsl.compiler.plan.table import file_name

    lines: list[str] = []
    for number, suggestion in plan.suggestions.items():
        lines += [f"# load {number + 1}: {file_name(plan, number)}", *rename_block(suggestion)]
        lines += [f"# {line}" for line in ambiguous_lines(suggestion)]
    return lines or ["# there is nothing to propose"]
