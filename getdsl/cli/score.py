"""`getdsl score CHECKPOINT VARIANTS -o OUT`."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from getdsl.cli.checkpoints import settings_on_top
from getdsl.cli.options import add_adapter, add_checkpoint, add_devices, add_fuse, add_machine, add_trust
from getdsl.cli.printing import say
from getdsl.cli.progress import bar
from getdsl.diagnostics import UserError
from getdsl.runs.ranks.placement import speaks
from getdsl.trust import trust_of

if TYPE_CHECKING:
    from getdsl.runs.score import Scored

REASONS = 8  # that are listed
ALL = Path()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_checkpoint(parser)
    parser.add_argument(
        "variants",
        type=Path,
        nargs="?",
        metavar="VARIANTS",
        help="a VCF, or a table with the columns chrom, pos, ref and alt; plain or gzipped",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help="what to write: .tsv, .tsv.gz, .vcf, .vcf.gz or .parquet",
    )
    _add_readings(parser)
    add_adapter(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace earlier results at OUT")
    add_trust(parser)
    add_fuse(parser)
    add_machine(parser)
    add_devices(parser)
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")


def _add_readings(parser: argparse.ArgumentParser) -> None:
    """What is scored, and how samples are read."""
    parser.add_argument(
        "--regions",
        type=Path,
        metavar="FILE",
        help="score in the regions of a BED file instead of the run's, all of them",
    )
    parser.add_argument("--centred", action="store_true", help="score each variant in a window centred on it")
    parser.add_argument(
        "--haplotypes",
        action="store_true",
        help="score what each of an individual's chromosomes carries in a region, all at once",
    )
    parser.add_argument(
        "--inactivate-peaks",
        nargs="?",
        type=Path,
        const=ALL,
        metavar="BED",
        help="instead of variants, silence regions of a sample in turn: all, or those that overlap BED's",
    )
    parser.add_argument(
        "--both-strands", action="store_true", help="read each sample from both strands, and average"
    )
    parser.add_argument(
        "--shifts",
        default="0",
        metavar="BP,…",
        help="read each sample so many bp further on, and average: --shifts=-1,0,1",
    )
    parser.add_argument(
        "--whole", action="store_true", help="compute every alternate as a whole, not what is touched"
    )


def run(args: argparse.Namespace) -> int:
    from getdsl.runs.opened.options import Options
    from getdsl.runs.process.machine import placed
    from getdsl.runs.process.memory import keep_freed_memory
    from getdsl.runs.ranks.sharing import Process
    from getdsl.runs.score import Choices, inactivate, score, score_haplotypes

    _refuse_odd(args)
    overrides = settings_on_top(args.set)
    options = Options(
        overwrite=args.overwrite,
        trust=trust_of(args.trust),
        fuse=args.fuse,
        adapter=args.adapter,
        threads=args.threads,
        device=args.device,
    )
    options = placed(options, args.devices, args.num_nodes)
    choices = Choices(args.centred, args.both_strands, _shifts(args.shifts), args.whole, args.regions)
    keep_freed_memory()
    with bar("scoring", quiet=args.quiet or not speaks()) as step:
        if args.inactivate_peaks is not None:
            peaks = args.inactivate_peaks if args.inactivate_peaks != ALL else None
            found = inactivate(
                args.checkpoint, args.output, peaks, options, overrides, step, regions=args.regions
            )
        else:
            scored = score_haplotypes if args.haplotypes else score
            found = scored(args.checkpoint, args.variants, args.output, choices, options, overrides, step)
    if Process.current().first and not args.quiet:
        _tell(args.output, found, "variants" if args.inactivate_peaks is None else "samples")
    return 0


def _refuse_odd(args: argparse.Namespace) -> None:
    """Raises UserError for options that do not go together."""
    if args.inactivate_peaks is not None and args.variants is not None:
        raise UserError(
            "`--inactivate-peaks` silences regions, and takes no variants", "leave one of the two away"
        )
    if args.inactivate_peaks is None and args.variants is None:
        raise UserError("there is nothing to score", "name a VCF, or a table with chrom, pos, ref and alt")
    if args.haplotypes and args.centred:
        raise UserError(
            "haplotypes have several variants, and no window is centred on them", "leave `--centred` away"
        )


def _shifts(text: str) -> tuple[int, ...]:
    if not re.fullmatch(r"[+-]?\d{1,6}(,[+-]?\d{1,6})*", text):
        raise UserError(f"`--shifts {text}` is no list of bp", "write it as `--shifts=-1,0,1`")
    return tuple(dict.fromkeys(int(item) for item in text.split(",")))


def _tell(output: Path, found: Scored, what: str) -> None:
    for note in found.notes:
        say(f"note: {note}", file=sys.stderr)
    if not found.records:
        say(f"note: there are no {what} to score, so the table has a header alone", file=sys.stderr)
    say(f"{output}: {found.records:,} {what}, {found.rows:,} rows")
    ranked = sorted(found.reasons.items(), key=lambda item: -item[1])
    for reason, number in ranked[:REASONS]:
        say(f"  not scored, {number:,}: {reason}")
    if len(ranked) > REASONS:
        say(f"  not scored, {sum(number for _, number in ranked[REASONS:]):,}: other reasons, see `reason`")
