"""`getdsl data SPEC`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from getdsl.cli.options import add_spec, add_trust, need_spec
from getdsl.cli.printing import hand_over, say
from getdsl.trust import trust_of

SAMPLES = 2000


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


_number.__name__ = "number"  # as argparse calls it where it is none


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_spec(parser)
    add_trust(parser)
    parser.add_argument(
        "--samples",
        type=_number,
        default=SAMPLES,
        metavar="N",
        help=f"how many samples the figures are of, at most ({SAMPLES:,})",
    )
    parser.add_argument("--head", type=_number, metavar="N", help="show the first N samples")
    parser.add_argument("--speed", action="store_true", help="read for some seconds, as training would")
    parser.add_argument("--histograms", type=Path, metavar="FILE.png", help="draw a histogram of each key")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write all of it as one HTML page")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="how the figures are printed (text)"
    )


def run(args: argparse.Namespace) -> int:
    from getdsl.compiler.refusals import refuse_untrusted
    from getdsl.runs.opened.samples import open_source, split_source
    from getdsl.runs.process.quiet import quiet_lightning
    from getdsl.runs.survey.first import first_samples
    from getdsl.runs.survey.speed import read_speed
    from getdsl.runs.survey.survey import survey
    from getdsl.runs.survey.words import as_json, samples_text, speed_line, survey_text

    spec = need_spec(args)
    refuse_untrusted(spec, trust_of(args.trust))
    source = open_source(spec)
    splits = split_source(spec, source)
    found = survey(spec, source, splits, args.samples)
    samples = first_samples(spec, source, splits, args.head) if args.head else []
    with quiet_lightning():
        speed = read_speed(spec, source) if args.speed else None
    if args.format == "json":
        hand_over(json.dumps(as_json(found, samples, speed), indent=2) + "\n")
    else:
        parts = [
            survey_text(str(args.spec), found),
            samples_text(samples),
            speed_line(speed) if speed else "",
        ]
        say("\n\n".join(filter(None, parts)))
    if args.histograms is not None:
        from getdsl.runs.survey.picture import save_histograms

        save_histograms(found, args.histograms)
    if args.html is not None:
        from getdsl.runs.survey.page import save_page

        save_page(args.html, str(args.spec), found, samples, speed)
    return 0
