"""`getdsl find-batch-size SPEC`."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack

from getdsl.cli.options import add_fuse, add_machine, add_offline, add_spec, add_trust, need_spec
from getdsl.cli.printing import say
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.trust import trust_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_spec(parser)
    add_trust(parser)
    add_fuse(parser)
    parser.add_argument("--from", dest="first", type=int, default=8, metavar="N", help="first size (8)")
    parser.add_argument(
        "--to", dest="largest", type=int, default=1024, metavar="N", help="largest size to try (1024)"
    )
    add_offline(parser)
    add_machine(parser)


def run(args: argparse.Namespace) -> int:
    """A line a size on stderr, the setting to paste on stdout; the spec stays as it is."""
    if not 1 <= args.first <= args.largest:
        raise UserError("the sizes must rise from at least 1", "give `--from 8 --to 1024`")
    spec, trust = need_spec(args), trust_of(args.trust)
    from getdsl.compiler.work.units import bytes_text
    from getdsl.runs.finders.batch_size import suggested, try_sizes
    from getdsl.runs.finders.trial import Trial, trial
    from getdsl.runs.opened.options import Options
    from getdsl.runs.opened.origins import FromPlan
    from getdsl.runs.opened.session import Session
    from getdsl.runs.process.memory import keep_freed_memory

    options = Options(
        trust=trust, fuse=args.fuse, offline=args.offline, threads=args.threads, device=args.device
    )
    keep_freed_memory()
    with ExitStack() as stack:

        def make(size: int) -> Trial:
            stack.close()  # the trial before
            resized = with_batch_size(spec, size)
            return stack.enter_context(trial(Session(resized, FromPlan(resized, options), options)))

        tried = []
        for item in try_sizes(make, args.first, args.largest):
            tried.append(item)
            memory = bytes_text(item.memory)
            say(f"batch_size {item.size:>6}  {item.speed:>10,.0f} samples/s  {memory}", file=sys.stderr)
    if not tried:
        raise UserError(f"not even {args.first} samples fit the memory", "give a smaller `--from`")
    say(f"train {{ batch_size = {suggested(tried).size} }}")
    return 0


def with_batch_size(spec: Spec, size: int) -> Spec:
    from dataclasses import replace

    training = spec.training
    return replace(spec, training=training._replace(train=training.train.replaced(batch_size=size)))
