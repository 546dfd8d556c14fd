"""`getdsl init`: a first spec for the files at hand."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from getdsl.cli.printing import say
from getdsl.diagnostics import UserError

if TYPE_CHECKING:
    from getdsl.runs.starting.start import Started

SPEC = "my.get"
WHAT = {
    "profile": "a small BPNet: a profile of each track, and a count",
    "signal": "the mean signal of a region, from its DNA",
    "fragments": "the cut sites in a region, from its DNA",
    "alignments": "the cut sites in a region, from its DNA",
    "anndata": "what each column of a matrix holds of a region, from its DNA",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--genome", metavar="FILE", help="the genome: FASTA, plain, gzip or bgzip")
    parser.add_argument(
        "--regions", metavar="FILE", help="the regions to learn from: BED, narrowPeak, or a table of genes"
    )
    parser.add_argument(
        "--signal",
        action="extend",
        nargs="+",
        default=[],
        metavar="FILE",
        help="what to predict: bigWig or bedGraph, one or several tracks",
    )
    parser.add_argument(
        "--fragments",
        action="extend",
        nargs="+",
        default=[],
        metavar="FILE",
        help="what to predict: fragments of ATAC-seq as `chrom start end`, whose cut sites are counted",
    )
    parser.add_argument(
        "--barcodes",
        metavar="FILE",
        help="a barcode and its cell type a line: the cut sites of each cell type are predicted",
    )
    parser.add_argument(
        "--alignments",
        action="extend",
        nargs="+",
        default=[],
        metavar="FILE",
        help="what to predict: reads of ATAC-seq, BAM or CRAM with their index, whose cut sites are counted",
    )
    parser.add_argument(
        "--anndata",
        metavar="FILE",
        help="what to predict: h5ad whose var are regions, as chr1:100-600, and whose obs are cell types",
    )
    parser.add_argument("--motifs", metavar="FILE", help="known motifs to begin with, in MEME format")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path(SPEC), metavar="SPEC", help=f"the spec to write ({SPEC})"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what stands there")


def run(args: argparse.Namespace) -> int:
    output: Path = args.output
    if output.exists() and not args.overwrite:
        raise UserError(f"`{output}` exists already", "name another with `-o`, or add `--overwrite`")
    if not output.parent.is_dir():
        raise UserError(f"there is no folder `{output.parent}`", f"make it: `mkdir -p {output.parent}`")
    _ask(args)
    from getdsl.runs.starting.files import FilesAtHand
    from getdsl.runs.starting.start import start
    from getdsl.text.whole import whole_file

    files = FilesAtHand(
        args.genome,
        args.regions,
        tuple(args.signal),
        tuple(args.fragments),
        args.motifs,
        tuple(args.alignments),
        args.anndata,
        args.barcodes,
    )
    started = start(files, output)
    with whole_file(output) as aside:
        aside.write_text(started.text, encoding="utf-8")
    say(_report(output, started))
    return 0


def _report(output: Path, started: Started) -> str:
    splits = started.splits
    name, run = shlex.quote(str(output)), shlex.quote(f"runs/{output.stem}")
    counts = [f"{len(part):,}" for part in (splits.train, splits.validation, splits.test)]
    return "\n".join(
        [
            f"{output}: {WHAT[started.task]}",
            f"  {counts[0]} regions to train on, {counts[1]} to validate, {counts[2]} held out for the test",
            "",
            "next:",
            f"  getdsl data {name}",
            f"  getdsl train {name} -o {run}",
            f"  getdsl evaluate {run}",
        ]
    )


# -- what is not given


def _ask(args: argparse.Namespace) -> None:
    """Asks for what is missing. Raises UserError where there is nobody to ask."""
    needed = [name for name in ("genome", "regions") if getattr(args, name) is None]
    if not (args.signal or args.fragments or args.alignments or args.anndata):
        needed.append("signal")
    if not needed:
        return
    if not sys.stdin.isatty():
        missing = " and ".join(
            f"`--{name}`{' (or `--fragments`, `--alignments`, `--anndata`)' if name == 'signal' else ''}"
            for name in needed
        )
        raise UserError(
            f"there is no {missing}, and no terminal to ask on",
            "name the files: `getdsl init --genome genome.fa --regions peaks.bed --signal signal.bw`",
        )
    if args.genome is None:
        args.genome = _one("the genome, FASTA")
    if args.regions is None:
        args.regions = _one("the regions: BED, narrowPeak, or a table of genes")
    if "signal" in needed:
        args.signal = _files("bigWig or bedGraph files to predict, or nothing if you have others", least=0)
        if not args.signal:
            _others(args)
        if args.motifs is None and not args.signal:
            args.motifs = next(iter(_files("known motifs in MEME format, or nothing", least=0)), None)


def _others(args: argparse.Namespace) -> None:
    """What else there may be to predict, told apart by what is in the files."""
    from getdsl.runs.starting.files import resolved
    from getdsl.runs.starting.kinds import kind_of

    found = _files("fragments of ATAC-seq, BAM, or h5ad", least=1)
    kind = kind_of(resolved(found[0]))
    if kind in ("BAM", "CRAM"):
        args.alignments = found
    elif kind == "HDF5":
        args.anndata = found[0]
    else:
        args.fragments = found
        args.barcodes = next(iter(_files("barcodes with their cell types, or nothing", least=0)), None)


def _one(what: str) -> str:
    return _files(what, least=1)[0]


def _files(what: str, *, least: int) -> list[str]:
    """Files that are there, as many as are typed on a line; the question is repeated until they are."""
    while True:
        say(f"{what}: ", end="", file=sys.stderr)
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise UserError("nothing was written", "name the files as options: `getdsl init --help`")
        try:
            found = shlex.split(line)
        except ValueError as error:
            say(f"  {error}", file=sys.stderr)
            continue
        absent = [
            file for file in found if not file.startswith("getdsl:") and not Path(file).expanduser().exists()
        ]
        if absent:
            say(f"  there is no `{absent[0]}` here", file=sys.stderr)
        elif len(found) >= least:
            return found
