"""`getdsl interpret RUN -o OUT.zarr`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from getdsl.cli.checkpoints import settings_on_top
from getdsl.cli.options import add_checkpoint, add_devices, add_machine, add_trust, seed
from getdsl.cli.printing import say
from getdsl.cli.progress import bar
from getdsl.diagnostics import UserError
from getdsl.runs.ranks.placement import speaks
from getdsl.trust import trust_of

if TYPE_CHECKING:
    from getdsl.runs.interpret.interpret import Interpreted
    from getdsl.runs.interpret.request import Request

PRODUCTS = ("npz", "modisco", "logos", "motifs")
SHOWN = 9  # motifs that are printed and drawn


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from getdsl.runs.interpret.request import METHODS

    add_checkpoint(parser)
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT.zarr", help="the zarr group to write"
    )
    parser.add_argument(
        "--method",
        choices=tuple(METHODS),
        default="deepshap",
        help="; ".join(f"{name}: {what}" for name, what in METHODS.items()) + " (deepshap)",
    )
    parser.add_argument(
        "--of",
        metavar="OUTPUT",
        help="what is explained: `exp`, or `'exp[:, 0]'` for a part (the only output)",
    )
    parser.add_argument(
        "--wrt",
        action="append",
        default=[],
        metavar="NAMES",
        help="inputs, or nodes of a Jacobian or attention: `region_motif,encoder.blocks[0].attn` (the DNA)",
    )
    parser.add_argument(
        "--reduce",
        choices=("sum", "mean", "profile"),
        default="sum",
        help="how several numbers of an output become one; `profile`: logits less their mean, each weighted "
        "by its share of the profile (sum)",
    )
    _add_samples(parser)
    _add_references(parser)
    parser.add_argument(
        "--inactivate",
        type=Path,
        metavar="BED",
        help="of a Jacobian: a second one, of mutants in whose windows these regions are zero",
    )
    _add_products(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace what stands at OUT.zarr")
    add_trust(parser)
    add_machine(parser)
    add_devices(parser)
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")


def _add_samples(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--split",
        choices=("test", "validation", "train", "all"),
        help="the samples to explain (the held-out test set, where there is one)",
    )
    parser.add_argument(
        "--regions", type=Path, metavar="FILE", help="explain the regions of a BED file, all of them"
    )
    parser.add_argument(
        "--genes", metavar="NAMES|FILE", help="samples by name: `YAL003W,YBR009C`, or a file with one a line"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="the first N of them")
    parser.add_argument("--batch-size", type=int, default=16, metavar="N", help="samples at a time (16)")


def _add_references(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--baseline",
        choices=("dinucleotide", "uniform", "zeros"),
        help="what contributions are measured against (shuffles of each sequence that keep dinucleotides; of "
        "deeplift a quarter of each base; of inputs that are no DNA zeros)",
    )
    parser.add_argument(
        "--references", type=int, default=20, metavar="N", help="shuffles of each sequence (20)"
    )
    parser.add_argument(
        "--steps", type=int, default=64, metavar="N", help="points on the way of integrated gradients (64)"
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="of the shuffles (0)")


def _add_products(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--npz",
        type=Path,
        metavar="DIR",
        help="ohe.npz and shap.npz beside each other, as `modisco motifs -s ohe.npz -a shap.npz` takes them",
    )
    parser.add_argument(
        "--modisco", type=Path, metavar="DIR", help="run TF-MoDISco on them, where it is installed"
    )
    parser.add_argument(
        "--logos", type=int, metavar="N", help="draw the first N samples, PNG and SVG, into OUT.logos"
    )
    parser.add_argument(
        "--motifs",
        type=_shipped_or_own,
        metavar="MEME",
        help="find stretches that contribute and match them to a database: OUT.motifs.tsv",
    )


def run(args: argparse.Namespace) -> int:
    from getdsl.runs.interpret.interpret import write_interpretation
    from getdsl.runs.interpret.products import refuse_products
    from getdsl.runs.opened.options import Options
    from getdsl.runs.process.machine import placed
    from getdsl.runs.process.memory import keep_freed_memory
    from getdsl.runs.process.signals import Interrupted

    request = _request(args)
    refuse_products(args.method, [name for name in PRODUCTS if getattr(args, name) is not None], args.motifs)
    options = Options(
        overwrite=args.overwrite, trust=trust_of(args.trust), threads=args.threads, device=args.device
    )
    options = placed(options, args.devices, args.num_nodes)
    overrides = settings_on_top(args.set)
    keep_freed_memory()
    try:
        with bar("interpreting", quiet=args.quiet or not speaks()) as step:
            found = write_interpretation(args.checkpoint, args.output, request, options, overrides, step)
    except Interrupted as signal:
        say("\ninterrupted; the same command goes on where it was", file=sys.stderr)
        return 128 + signal.signum
    if found is None:  # the first process tells, and makes the rest
        return 0
    if not args.quiet:
        _tell(args.output, request, found)
    _make_products(args)
    return 0


def _request(args: argparse.Namespace) -> Request:
    from getdsl.runs.interpret.names import gene_names, node_names
    from getdsl.runs.interpret.request import Request

    for name in ("limit", "references", "steps", "batch_size", "logos"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise UserError(f"`--{name.replace('_', '-')} {value}` is less than 1", "give a larger number")
    return Request(
        method=args.method,
        of=args.of,
        wrt=node_names(args.wrt),
        reduce=args.reduce,
        baseline=args.baseline,
        references=args.references,
        steps=args.steps,
        seed=args.seed,
        split=args.split,
        regions=args.regions,
        genes=gene_names(args.genes),
        limit=args.limit,
        batch_size=args.batch_size,
        inactivate=args.inactivate,
    )


def _tell(output: Path, request: Request, found: Interpreted) -> None:
    from getdsl.runs.interpret.integrated_gradients import MOST

    if not found.same_data:
        say("note: the data are not those that the model was trained on", file=sys.stderr)
    which = "all samples" if found.split == "all" else f"the {found.split} set"
    of = f" of {found.target}" if found.target is not None else ""
    went_on = f", {found.resumed:,} of them before it was interrupted" if found.resumed else ""
    say(f"{output}: {request.method}{of}, {found.samples:,} samples of {which}{went_on}")
    width = max(map(len, found.shapes), default=0)
    for name, shape in found.shapes.items():
        say(f"  {name.ljust(width)}  {list(shape)}")
    for name, share in found.missing.items():
        say(f"contributions of {name} add up to the difference but for {share:.2g} of it")
        short = found.short[name]
        if request.method == "integrated_gradients":
            if short:
                say(
                    f"note: {short:,} of {found.samples:,} samples miss more than a thousandth after "
                    f"{max(MOST, request.steps):,} points; `delta/{name}` says how much",
                    file=sys.stderr,
                )
        elif share > 0.01:
            say(
                "warning: the method takes a part of the model for linear that is not; "
                "`--method integrated_gradients` does not",
                file=sys.stderr,
            )


def _make_products(args: argparse.Namespace) -> None:
    """What is made of the contributions beside the group."""
    beside = args.output.with_suffix("")
    if args.npz is not None:
        from getdsl.runs.interpret.modisco import write_npz

        say(f"{', '.join(map(str, write_npz(args.output, args.npz)))}")
    if args.modisco is not None:
        from getdsl.runs.interpret.modisco import run_modisco

        say(f"{run_modisco(args.output, args.modisco)}")
    if args.logos is not None:
        from getdsl.runs.interpret.logos import draw_logos

        folder = beside.with_name(f"{beside.name}.logos")
        say(f"{folder}: {draw_logos(args.output, folder, args.logos)} pictures")
    if args.motifs is not None:
        _find_motifs(args.output, args.motifs, beside)


def _shipped_or_own(text: str) -> Path:
    from getdsl.compiler.constants.paths import resolve_path

    return Path(resolve_path(text, None))


def _find_motifs(output: Path, database: Path, beside: Path) -> None:
    from getdsl.runs.interpret.logos import draw_motifs
    from getdsl.runs.interpret.motif_table import motif_table, write_motif_table

    table = motif_table(output, database)
    path = beside.with_name(f"{beside.name}.motifs.tsv")
    write_motif_table(table, path)
    say(f"{path}: {table.found:,} stretches contribute, {table.unmatched:,} of them like no motif")
    for rank, row in enumerate(table.rows[:SHOWN], 1):
        say(f"  {rank:2}  {row.name:12}  {row.seqlets:6,} x {row.mean:.4g}")
    if table.rows:
        draw_motifs(table.rows[:SHOWN], beside.parent, f"{beside.name}.motifs")
