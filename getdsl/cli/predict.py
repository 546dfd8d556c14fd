"""`getdsl predict CHECKPOINT -o OUT`."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from getdsl.cli.checkpoints import settings_on_top
from getdsl.cli.options import (
    add_adapter,
    add_checkpoint,
    add_devices,
    add_fuse,
    add_machine,
    add_trust,
    at_least_one,
)
from getdsl.cli.printing import say
from getdsl.cli.progress import bar
from getdsl.runs.ranks.placement import speaks
from getdsl.trust import trust_of

if TYPE_CHECKING:
    from getdsl.runs.opened.options import Options
    from getdsl.runs.predict.predict import Predicted
    from getdsl.runs.predict.wanted import Wanted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_checkpoint(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help="what to write: OUT.parquet a table, OUT.bw tracks in bigWig, any other name a zarr group",
    )
    _add_samples(parser)
    add_adapter(parser)
    parser.add_argument(
        "--resume", action="store_true", help="go on where predictions for OUT were broken off"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace earlier predictions at OUT")
    add_trust(parser)
    add_fuse(parser)
    add_machine(parser)
    add_devices(parser)
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")


def _add_samples(parser: argparse.ArgumentParser) -> None:
    """What to predict for, and what of it."""
    parser.add_argument(
        "--split",
        choices=("test", "validation", "train", "all"),
        help="the samples to predict for (the held-out test set, where there is one; all of other regions)",
    )
    parser.add_argument(
        "--regions", type=Path, metavar="FILE", help="predict for the regions of a BED file, all of them"
    )
    parser.add_argument(
        "--fasta",
        type=Path,
        metavar="FILE",
        help="predict for the records of a FASTA file, where the model reads one sequence",
    )
    parser.add_argument(
        "--genes",
        nargs="?",
        const="",
        metavar="FILE",
        help="a table of genes, OUT.tsv or OUT.parquet: the largest prediction of each over the regions in "
        "which it starts; by the file of genes that the data name, or by a GTF, GFF3 or table",
    )
    parser.add_argument(
        "--outputs",
        default="",
        metavar="NAMES",
        help="the outputs to write, with commas between them (all)",
    )
    parser.add_argument(
        "--bin-size",
        type=at_least_one,
        metavar="BP",
        help="bp of each value along a sequence, for tracks of a model that does not say it",
    )


def run(args: argparse.Namespace) -> int:
    from getdsl.runs.opened.options import Options
    from getdsl.runs.predict.partial import noted
    from getdsl.runs.predict.predict import predict
    from getdsl.runs.predict.wanted import Wanted
    from getdsl.runs.process.machine import placed
    from getdsl.runs.process.memory import keep_freed_memory
    from getdsl.runs.process.signals import Interrupted
    from getdsl.runs.ranks.sharing import Process

    outputs = tuple(name.strip() for name in args.outputs.split(",") if name.strip())
    wanted = Wanted(args.split, args.regions, args.fasta, outputs, args.bin_size)
    options = Options(
        resume=args.resume,
        overwrite=args.overwrite,
        trust=trust_of(args.trust),
        fuse=args.fuse,
        adapter=args.adapter,
        threads=args.threads,
        device=args.device,
    )
    options = placed(options, args.devices, args.num_nodes)
    keep_freed_memory()
    if args.genes is not None:
        return _genes(args, wanted, options)
    try:
        with bar("predicting", quiet=args.quiet or not speaks()) as step:
            overrides = settings_on_top(args.set)
            found = predict(args.checkpoint, args.output, wanted, options, overrides, step)
    except Interrupted as signal:
        done = noted(args.output)
        kept = f"{done['done']:,} samples are kept, go on with `--resume`" if done else "nothing was written"
        say(f"\ninterrupted; {kept}", file=sys.stderr)
        return 128 + signal.signum
    if not Process.current().first:
        return 0
    if found is None:
        say(f"`{args.output}` stands there, whole: there is nothing to resume")
        return 0
    _warn(found, quiet=args.quiet)
    if not args.quiet:
        _report(args.output, found)
    return 0


def _genes(args: argparse.Namespace, wanted: Wanted, options: Options) -> int:
    from getdsl.runs.genes.table import refuse_taken, table_of_run, write_gene_table
    from getdsl.runs.ranks.sharing import Process

    refuse_taken(args.output, overwrite=args.overwrite)
    annotation = Path(args.genes) if args.genes else None
    rows = table_of_run(args.checkpoint, wanted, annotation, options, settings_on_top(args.set))
    if not Process.current().first:
        return 0
    write_gene_table(args.output, rows)
    if not args.quiet:
        genes = len({row["gene"] for row in rows})
        say(f"{args.output}: {genes:,} genes, {len(rows):,} rows, with the columns {', '.join(rows[0])}")
    return 0


def _warn(found: Predicted, *, quiet: bool) -> None:
    if not found.same_data and not quiet:
        say("note: the data are not those that the model was trained on", file=sys.stderr)
    for note in found.notes:
        say(f"warning: {note}", file=sys.stderr)
    for name, number in found.nan.items():
        values = math.prod(found.shapes[name])
        say(f"warning: `{name}` is NaN in {number:,} of its {values:,} values", file=sys.stderr)


def _report(output: Path, found: Predicted) -> None:
    which = "all samples" if found.split == "all" else f"the {found.split} set"
    say(f"{output}: {found.samples:,} samples, {which}")
    if found.targets != [output]:
        for target in found.targets:
            say(f"  {target}")
        return
    width = max(map(len, found.shapes), default=0)
    for name, shape in found.shapes.items():
        say(f"  outputs/{name.ljust(width)}  {list(shape)}")
