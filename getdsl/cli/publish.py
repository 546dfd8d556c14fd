"""`getdsl publish RUN -o FOLDER`."""

from __future__ import annotations

import argparse
from pathlib import Path

from getdsl.cli.options import add_trust
from getdsl.cli.printing import say
from getdsl.trust import trust_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run", type=Path, metavar="RUN", help="the folder of a run, or one of its checkpoints"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="a new folder")
    parser.add_argument("--license", default="unknown", help="for the card, such as apache-2.0 (unknown)")
    parser.add_argument("--author", default="its authors", help="for the card")
    parser.add_argument("--overwrite", action="store_true", help="replace what was published at FOLDER")
    add_trust(parser)


def run(args: argparse.Namespace) -> int:
    from getdsl.runs.opened.options import Options
    from getdsl.runs.publish.publish import About, publish

    options = Options(overwrite=args.overwrite, trust=trust_of(args.trust))
    for path in publish(args.run, args.output, About(args.license, args.author), options):
        say(f"{path}  {path.stat().st_size:,} bytes")
    return 0
