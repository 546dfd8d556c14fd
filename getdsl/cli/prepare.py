"""`getdsl prepare SPEC`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from getdsl.cli.options import add_spec, add_trust, need_spec
from getdsl.cli.printing import say
from getdsl.diagnostics import UserError
from getdsl.trust import trust_of

if TYPE_CHECKING:
    from getdsl.data.store.layout import Shard
    from getdsl.data.store.prepare import Plan
    from getdsl.runs.prepare import Filled


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_spec(parser)
    add_trust(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="STORE", help="where the store goes (`store` of `data`)"
    )
    parser.add_argument(
        "--workers",
        type=_number,
        default=1,
        metavar="N",
        help="processes of this machine, by Dask (1, without)",
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="a Dask cluster that is there: tcp://127.0.0.1:8786"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="make anew what is there, whatever it was made of"
    )
    parser.add_argument("--quiet", action="store_true", help="no bar")


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"`{text}` is no number of processes")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """The bar goes to stderr where that is a terminal, what was written to stdout."""
    spec = need_spec(args)
    named = spec.data_settings.store
    if args.output is None and named is None:
        raise UserError(
            "nothing says where the store goes",
            'add `store = "batches.zarr"` to `data`, or `-o batches.zarr`',
        )
    from getdsl.runs.prepare import Work, prepare

    path = args.output or Path(str(named))
    shown = (lambda plan, filled: filled) if args.quiet else _bar
    try:
        done = prepare(
            spec,
            path,
            overwrite=args.overwrite,
            work=Work(args.workers, args.scheduler),
            trust=trust_of(args.trust),
            shown=shown,
        )
    except KeyboardInterrupt:
        say("\ninterrupted; the same command goes on where it was", file=sys.stderr)
        return 130
    for key, why in done.again.items():
        say(f"`{key}` was made again: {why}", file=sys.stderr)
    if named is None or path.resolve() != Path(named).resolve():
        say(f'note: batches are read from it where `data` says `store = "{path}"`', file=sys.stderr)
    size = f"{done.bytes / 1e6:,.1f} MB"
    say(f"{path}: {done.regions:,} regions, {done.arrays} arrays, {size}, in {done.seconds:.0f} s")
    say(f"sha256 {done.sha256}")
    return 0


def _bar(plan: Plan, filled: Filled) -> Iterator[tuple[Shard, str]]:
    """The shards as they are done, with a bar, the rate and the time left, on a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    total = sum(array.bytes for array in plan.arrays.values())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("preparing", total=total)
        for shard, digest in filled:
            bar.advance(task, len(shard) * shard.array.row_bytes)
            yield shard, digest
