"""`getdsl train SPEC -o DIR`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from getdsl.cli.options import (
    add_devices,
    add_fuse,
    add_machine,
    add_offline,
    add_spec,
    add_trust,
    check_spec,
)
from getdsl.cli.printing import hand_over, say, tell
from getdsl.compiler.plan.planned import Planned
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import SpecError, UserError
from getdsl.runs.ranks.placement import speaks
from getdsl.trust import Trust, trust_of


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
        help="where checkpoints, figures and pictures go",
    )
    parser.add_argument(
        "--plan",
        type=Path,
        metavar="FILE",
        help="run only if this saved plan of `getdsl plan -o` still holds",
    )
    folder = parser.add_mutually_exclusive_group()
    folder.add_argument(
        "--resume",
        action="store_true",
        help="go on from the last checkpoint in DIR, or start where there is none",
    )
    folder.add_argument("--overwrite", action="store_true", help="start anew in a DIR that holds a run")
    parser.add_argument("--seed", type=int, metavar="N", help="the same as --set train.seed=N")
    parser.add_argument(
        "--checkpoint-minutes", type=float, metavar="N", help="save within an epoch too, every N minutes"
    )
    parser.add_argument(
        "--profile",
        action="store_true",
        help="print, and write to DIR, where the time of a step goes: data, forward, backward, optimizer",
    )
    add_offline(parser)
    add_machine(parser)
    add_placement(parser)
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--quiet", action="store_true", help="print the final table only")
    shown.add_argument("--no-progress", action="store_true", help="a line an epoch, without a bar")


def add_placement(parser: argparse.ArgumentParser) -> None:
    add_devices(parser)
    parser.add_argument(
        "--strategy",
        choices=("auto", "ddp", "fsdp"),
        help="how processes share the work: the model in each (ddp), or a part of it (fsdp)",
    )
    parser.add_argument(
        "--slurm",
        action="store_true",
        help="print a script of this command for SLURM's sbatch, and do no more",
    )
    parser.add_argument(
        "--slurm-option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of sbatch for that script: time=12:00:00",
    )


def run(args: argparse.Namespace) -> int:
    """Progress goes to stderr, the final table to stdout."""
    given = {name: getattr(args, name) for name in ("seed", "devices", "num_nodes", "strategy")}
    args.set += [f"train.{name}={value}" for name, value in given.items() if value is not None]
    checked = check_spec(args)
    if checked.spec is None:
        raise SpecError(checked.diagnostics)
    if checked.diagnostics and speaks():
        tell(checked.diagnostics)
    if args.slurm:
        hand_over(_slurm_script(args, checked.spec))
        return 0
    trust = trust_of(args.trust)
    planned = _approved(args, checked.spec, trust)
    from getdsl.runs.evaluation.report import print_table
    from getdsl.runs.opened.options import Options
    from getdsl.runs.process.memory import keep_freed_memory
    from getdsl.runs.process.signals import Interrupted
    from getdsl.runs.ranks.sharing import Process
    from getdsl.runs.run_folder.folder import present_in
    from getdsl.runs.training.train import train

    options = Options(
        resume=args.resume,
        overwrite=args.overwrite,
        trust=trust,
        fuse=args.fuse,
        offline=args.offline,
        threads=args.threads,
        device=args.device,
        checkpoint_minutes=args.checkpoint_minutes,
        quiet=args.quiet,
        bar=not args.no_progress,
        profile=args.profile,
    )
    keep_freed_memory()
    try:
        report = train(checked, args.output, options, planned=planned)
    except Interrupted as signal:
        say(
            f"\ninterrupted; run the same command with `--resume` to go on from {args.output}",
            file=sys.stderr,
        )
        return 128 + signal.signum
    if not Process.current().first:
        return 0
    print_table(report, sys.stdout)
    if not args.quiet:
        say(f"\n{args.output}: {', '.join([*present_in(args.output), 'spec.get'])}")
    return 0


def _slurm_script(args: argparse.Namespace, spec: Spec) -> str:
    """Raises UserError where the job's size is not known here, or an option is wrong."""
    from getdsl.runs.ranks.slurm import Job, slurm_script, without_slurm

    devices = spec.train.devices or 1
    if devices == "auto":
        raise UserError("SLURM must be told how many GPUs a machine has", "give `--devices N`")
    cpus = (args.threads or 2) + spec.data_settings.num_workers
    name = f"getdsl-{spec.model}"
    job = Job(name, devices, spec.train.num_nodes or 1, cpus, gpus=args.device != "cpu")
    return slurm_script(without_slurm(args.given), job, args.slurm_option)


def _approved(args: argparse.Namespace, spec: Spec, trust: Trust) -> Planned | None:
    """The plan, held to the saved one that `--plan` names. Raises UserError where that no longer holds."""
    if args.plan is None:
        return None
    from getdsl.compiler.plan.planned import plan_spec
    from getdsl.compiler.plan.saved import hold_to

    planned = plan_spec(spec, offline=args.offline, trust=trust)
    hold_to(args.plan, planned)
    return planned
