"""`getdsl graph SPEC`: the model as a picture: a page to click through, SVG, PNG, PDF, DOT, Mermaid."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from getdsl.cli.options import add_set_dim, add_spec, at_least_one, dims_of, need_spec
from getdsl.cli.printing import hand_over, say
from getdsl.compiler.spec import Spec
from getdsl.drawing.suffixes import FORMATS, format_of

PRINTED = ("dot", "mermaid", "svg")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_spec(parser)
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="html, a page that folds, zooms and searches by itself (the default, or what FILE's name says); "
        "svg, png and pdf need the extra `getdsl[graph]`",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="where to write; without it svg, dot and mermaid are printed, "
        "and others written to MODEL.FORMAT in this folder",
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument(
        "--depth",
        type=at_least_one,
        default=1,
        metavar="N",
        help="how many levels of blocks and loops are seen: 1, all folded (1)",
    )
    shown.add_argument(
        "--unfold",
        action="append",
        default=[],
        metavar="NAME",
        help="open a block or loop, and those around it: encoder, encoder.blocks.0; as often as needed",
    )
    add_set_dim(parser)


def run(args: argparse.Namespace) -> int:
    """Writes one file and says so, or prints the text."""
    format = args.format or ("html" if args.output is None else format_of(args.output))
    spec = need_spec(args)
    content = _content(args, spec, format)
    if args.output is None and format in PRINTED:
        hand_over(content.decode())
        return 0
    from getdsl.text.whole import whole_file

    path = args.output or Path(f"{spec.path.stem if spec.path else spec.model}.{format}")
    with whole_file(path) as aside:
        aside.write_bytes(content)
    say(f"{path}  {len(content):,} bytes", file=sys.stderr)
    return 0


def _content(args: argparse.Namespace, spec: Spec, format: str) -> bytes:
    from getdsl.drawing.draw import draw
    from getdsl.drawing.formats import written
    from getdsl.drawing.opening import opened

    picture = draw(spec, dims_of(args, spec))
    return written(picture, opened(picture, args.depth, args.unfold), format)
