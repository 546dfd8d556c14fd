"""`getdsl explain CODE`: what a diagnostic means and how to mend it; and what a section's settings are."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

from getdsl.cli.printing import say
from getdsl.compiler.sections.declared import SECTIONS, Section
from getdsl.compiler.sections.listing import MUST, Row, groups_of
from getdsl.diagnostics import UserError, suggestion
from getdsl.diagnostics.catalogue import CODES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "code",
        nargs="?",
        metavar="CODE",
        help="a code such as GET301, or a section such as train; without one, all of them",
    )


def run(args: argparse.Namespace) -> int:
    say("\n".join(_lines(args.code)))
    return 0


def _lines(wanted: str | None) -> Iterator[str]:
    """What is printed. Raises UserError for what is neither a code nor a section."""
    if wanted is None:
        yield from (f"{name}  {code.title}" for name, code in CODES.items())
        yield ""
        width = max(map(len, SECTIONS))
        yield from (f"{name.ljust(width)}  {section.doc}" for name, section in SECTIONS.items())
    elif (code := CODES.get(wanted.upper())) is not None:
        yield f"{wanted.upper()}: {code.title}\n\n{code.explanation}"
    elif (section := SECTIONS.get(wanted.lower())) is not None:
        yield from _section(section)
    else:
        near = suggestion(wanted.upper(), CODES) or suggestion(wanted.lower(), SECTIONS)
        raise UserError(f"there is no code or section `{wanted}`", near or "`getdsl explain` lists them")


def _section(section: Section) -> Iterator[str]:
    yield f"{section.written}: {section.doc}"
    if section.without:
        yield f"Without it, {section.without}."
    for group in groups_of(section):
        yield ""
        if group.head != section.written:
            yield f"{group.head}: {group.doc}"
        yield from _rows(group.rows)


def _rows(rows: Iterable[Row]) -> Iterator[str]:
    rows = list(rows)
    width = max((len(row.name) for row in rows), default=0)
    for row in rows:
        yield f"  {row.name.ljust(width)}  {row.doc}"
        yield f"  {' ' * width}  {row.what}; {_without(row)}"


def _without(row: Row) -> str:
    if row.default.startswith("`") and row.default.endswith("`"):
        return f"default {row.default}"
    return row.default if row.default == MUST else f"without it, {row.default}"
