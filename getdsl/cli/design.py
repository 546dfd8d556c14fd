"""`getdsl design RUN -o DIR --towards "accessibility = max"`."""

from __future__ import annotations

import argparse
from pathlib import Path

from getdsl.cli.checkpoints import settings_on_top
from getdsl.cli.options import add_fuse, add_machine, add_trust, seed
from getdsl.cli.printing import say
from getdsl.trust import trust_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run", type=Path, metavar="RUN", help="the folder of a run, or one of its checkpoints"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="a new folder")
    parser.add_argument(
        "--towards",
        required=True,
        metavar="GOAL",
        help='outputs and where they should go: "accessibility = max", "hk = 2.0, dev = min", "exp[0] = max"',
    )
    parser.add_argument(
        "--method",
        choices=("evolution", "gradient", "insertion"),
        help="the best single substitution of each round (evolution), many at once by gradients (gradient), "
        "or motifs of `--insert` where they help most (insertion, which `--insert` asks for)",
    )
    parser.add_argument(
        "--insert", metavar="MOTIFS", help="a MEME file, or DNA, to insert at the best place on either strand"
    )
    parser.add_argument(
        "--start",
        default="random",
        metavar="WHERE",
        help="chrI:1000-2000 of the run's genome (0-based), a FASTA, or random (without it)",
    )
    parser.add_argument("--number", type=int, default=1, help="random sequences to begin with (1)")
    parser.add_argument("--length", type=int, metavar="BP", help="of random sequences (the data's)")
    add_constraints(parser)
    parser.add_argument(
        "--rounds", type=int, help="at most: 20 of evolution, 200 of gradients, 5 of insertion without it"
    )
    parser.add_argument("--price", type=float, default=0.1, help="of an edit, where gradients choose (0.1)")
    parser.add_argument("--seed", type=seed, default=0, help="of random starts and draws (0)")
    parser.add_argument("--batch", type=int, default=256, help="sequences that the model reads at once (256)")
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier design at DIR")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="set a setting over the run's own"
    )
    add_trust(parser)
    add_fuse(parser)
    add_machine(parser)


def add_constraints(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what a sequence may be")
    group.add_argument(
        "--fixed",
        metavar="PLACES",
        help="bases that stay: 0-20,480-500 of the sequence, or a BED file where it begins in the genome",
    )
    group.add_argument(
        "--allow", metavar="IUPAC", help="a letter a base: the bases that may come there; N all"
    )
    group.add_argument("--gc", metavar="LOW-HIGH", help="the share of G and C: 0.4-0.6")
    group.add_argument("--edits", type=int, metavar="N", help="bases that may change in all")


def run(args: argparse.Namespace) -> int:
    from getdsl.diagnostics import UserError
    from getdsl.runs.design.design import Method, Request, design
    from getdsl.runs.design.steps import Design
    from getdsl.runs.opened.options import Options

    for name in ("number", "length", "rounds", "batch", "edits"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise UserError(f"`--{name}` cannot be {value}", "give 1 or more")
    if not args.price >= 0:
        raise UserError(f"`--price` cannot be {args.price}", "give 0 or more")
    method: Method = args.method or ("evolution" if args.insert is None else "insertion")
    if (method == "insertion") != (args.insert is not None):
        raise UserError("`--method insertion` and `--insert` go together", "write `--insert motifs.meme`")
    names = "towards start number length insert fixed allow gc edits rounds price seed batch".split()
    request = Request(method=method, **{name: getattr(args, name) for name in names})
    options = Options(
        overwrite=args.overwrite,
        trust=trust_of(args.trust),
        fuse=args.fuse,
        threads=args.threads,
        device=args.device,
    )

    def done(found: Design) -> None:
        first, last = found.steps[0], found.steps[-1]
        edits = "no edit" if not found.edits else "1 edit" if found.edits == 1 else f"{found.edits:,} edits"
        say(f"{found.start.name}: goal {first.gain:.4g} to {last.gain:.4g} by {edits}")

    design(args.run, args.output, request, options, settings_on_top(args.set), done)
    say(f"{args.output}: steps.tsv, designs.fa, steps.png, edits.png")
    return 0
