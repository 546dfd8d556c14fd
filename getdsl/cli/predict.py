"""`getdsl predict CHECKPOINT -o OUT.zarr`."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from getdsl.cli.checkpoints import settings_on_top
from getdsl.cli.options import add_fuse, add_trust
from getdsl.cli.printing import say
from getdsl.cli.train import add_machine
from getdsl.trust import trust_of

Step = Callable[[int, int], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "checkpoint",
        type=Path,
        metavar="DIR|CHECKPOINT",
        help="the folder of a run, or one of its checkpoints; nothing else is needed",
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT.zarr", help="the zarr group to write"
    )
    parser.add_argument(
        "--split",
        choices=("test", "validation", "train", "all"),
        help="the samples to predict for (the held-out test set, where there is one)",
    )
    parser.add_argument(
        "--regions",
        metavar="FILE",
        help="predict for other regions: the same as --set data.regions.files=FILE",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a param or setting over the run's own: train.batch_size=64",
    )
    parser.add_argument(
        "--adapter",
        type=Path,
        metavar="FILE",
        help="predict with the adapters of a file, over the checkpoint's weights",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace earlier predictions at OUT.zarr")
    add_trust(parser)
    add_fuse(parser)
    add_machine(parser)
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")


def run(args: argparse.Namespace) -> int:
    from getdsl.runs.memory import keep_freed_memory
    from getdsl.runs.options import Options
    from getdsl.runs.predict import predict
    from getdsl.runs.signals import Interrupted

    regions = [f"data.regions.files={json.dumps(args.regions)}"] if args.regions is not None else []
    overrides = settings_on_top([*args.set, *regions])
    options = Options(
        overwrite=args.overwrite,
        trust=trust_of(args.trust),
        fuse=args.fuse,
        adapter=args.adapter,
        threads=args.threads,
        device=args.device,
    )
    keep_freed_memory()
    try:
        with _bar(shown=not args.quiet and sys.stderr.isatty()) as step:
            found = predict(args.checkpoint, args.output, args.split, options, overrides, step)
    except Interrupted as signal:
        say("\ninterrupted; nothing was written", file=sys.stderr)
        return 128 + signal.signum
    if not found.same_data and not args.quiet:
        say("note: the data are not those that the model was trained on", file=sys.stderr)
    for name, number in found.nan.items():
        values = math.prod(found.shapes[name])
        say(f"warning: `{name}` is NaN in {number:,} of its {values:,} values", file=sys.stderr)
    if not args.quiet:
        which = "all samples" if found.split == "all" else f"the {found.split} set"
        say(f"{args.output}: {found.samples:,} samples, {which}")
        width = max(map(len, found.shapes), default=0)
        for name, shape in found.shapes.items():
            say(f"  outputs/{name.ljust(width)}  {list(shape)}")
    return 0


@contextmanager
def _bar(*, shown: bool) -> Iterator[Step]:
    if not shown:
        yield lambda done, samples: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("predicting", total=None)
        yield lambda done, samples: bar.update(task, completed=done, total=samples)
