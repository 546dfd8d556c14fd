"""`getdsl prepare SPEC`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from getdsl.cli.options import add_spec, add_trust, add_workers, need_spec
from getdsl.cli.printing import say
from getdsl.cli.progress import bar
from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import joined
from getdsl.trust import trust_of

if TYPE_CHECKING:
    from getdsl.data.store.layout import Shard
    from getdsl.data.store.prepare import Plan
    from getdsl.runs.preparing.prepare import Filled


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_spec(parser, optional=True)
    add_trust(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="STORE", help="where the store goes (`store` of `data`)"
    )
    add_workers(parser)
    parser.add_argument(
        "--overwrite", action="store_true", help="make anew what is there, whatever it was made of"
    )
    parser.add_argument(
        "--layout",
        choices=("batches", "region_motif"),
        default="batches",
        help="what is written: all that the spec's readers read (batches), or what GET's programs read",
    )
    parser.add_argument(
        "--from",
        dest="folder",
        type=Path,
        metavar="FOLDER",
        help="instead of a spec: a folder of npz, npy and csv files, as GET once wrote them",
    )
    parser.add_argument("--quiet", action="store_true", help="no bar")


def run(args: argparse.Namespace) -> int:
    """The bar goes to stderr where that is a terminal, what was written to stdout."""
    if args.folder is not None:
        return _from_folder(args)
    if args.spec is None:
        raise UserError("nothing says what to prepare", "name a spec, or a folder with `--from`")
    if args.layout == "region_motif":
        return _region_motif(args)
    try:
        return _batches(args)
    except KeyboardInterrupt:
        say("\ninterrupted; the same command goes on where it was", file=sys.stderr)
        return 130


def _batches(args: argparse.Namespace) -> int:
    spec = need_spec(args)
    named = spec.data_settings.store
    if args.output is None and named is None:
        raise UserError(
            "nothing says where the store goes",
            'add `store = "batches.zarr"` to `data`, or `-o batches.zarr`',
        )
    from getdsl.runs.preparing.prepare import Work, prepare

    path = args.output or Path(str(named))
    done = prepare(
        spec,
        path,
        overwrite=args.overwrite,
        work=Work(args.workers, args.scheduler),
        trust=trust_of(args.trust),
        shown=(lambda plan, filled: filled) if args.quiet else _bar,
    )
    for note in done.notes:
        say(f"warning: {note}", file=sys.stderr)
    for key, why in done.again.items():
        say(f"`{key}` was made again: {why}", file=sys.stderr)
    if named is None or path.resolve() != Path(named).resolve():
        say(f'note: batches are read from it where `data` says `store = "{path}"`', file=sys.stderr)
    size = f"{done.bytes / 1e6:,.1f} MB"
    say(f"{path}: {done.regions:,} regions, {done.arrays} arrays, {size}, in {done.seconds:.0f} s")
    say(f"sha256 {done.sha256}")
    return 0


def _region_motif(args: argparse.Namespace) -> int:
    from getdsl.runs.preparing.prepare_region_motif import prepare_layout

    path = _output(args)
    with bar("preparing", quiet=args.quiet) as step:
        trust = trust_of(args.trust)
        regions = prepare_layout(need_spec(args), path, step, overwrite=args.overwrite, trust=trust)
    say(f"{path}: {regions:,} regions")
    return 0


def _from_folder(args: argparse.Namespace) -> int:
    from getdsl.runs.preparing.prepare_region_motif import prepare_folder

    if args.spec is not None:
        raise UserError("a spec and `--from` were given", "give one of them")
    path = _output(args)
    with bar("preparing", quiet=args.quiet) as step:
        celltypes = prepare_folder(args.folder, path, step, overwrite=args.overwrite)
    say(f"{path}: {joined(celltypes)}")
    return 0


def _output(args: argparse.Namespace) -> Path:
    if args.output is None:
        raise UserError("nothing says where the store goes", "add `-o regions.zarr`")
    if args.workers > 1 or args.scheduler is not None:
        raise UserError("GET's layout is written by one process", "leave `--workers` and `--scheduler` out")
    path: Path = args.output
    return path


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
