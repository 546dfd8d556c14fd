"""`getdsl fmt`: specs in the one layout."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from getdsl.cli.printing import hand_over, say, tell
from getdsl.diagnostics import SpecError, UserError
from getdsl.formatter.files import rewritten, specs_in
from getdsl.formatter.formatting import formatted
from getdsl.grammar.reading import MAX_BYTES
from getdsl.grammar.rewriting import Rewritten

STDIN = Path("-")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="FILE|DIR|-",
        help="specs, folders whose .get files are taken, or `-`: from stdin to stdout",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; name what would change, and exit with 1 if any"
    )
    parser.add_argument("--diff", action="store_true", help="write nothing; print what would change")
    parser.add_argument(
        "--stdin-filename", metavar="NAME", default="<stdin>", help="what a spec from stdin is called"
    )


def run(args: argparse.Namespace) -> int:
    """Writes what changes, or prints it; a file that does not parse is told, and stays as it is."""
    if STDIN in args.paths:
        return _run_stdin(args)
    done: list[Rewritten] = []
    refused = 0
    for path in specs_in(args.paths):
        try:
            done.append(rewritten(path))
        except SpecError as error:
            tell(error.diagnostics)
            refused += 1
            continue
        if done[-1].changes:
            _show_or_write(done[-1], args)
    changed = sum(file.changes for file in done)
    if not args.diff or args.check:
        say(_summary(changed, len(done) - changed, refused, args.check), file=sys.stderr)
    return 1 if refused or (args.check and changed) else 0


def _run_stdin(args: argparse.Namespace) -> int:
    if args.paths != [STDIN]:
        raise UserError("`-` stands beside files", "name the files, or `-` alone")
    before = _read_stdin()
    file = Rewritten(Path(args.stdin_filename), before, formatted(before, args.stdin_filename))
    if args.diff:
        hand_over(file.difference("formatted"))
    elif not args.check:
        hand_over(file.after)
    if args.check and file.changes:
        say(f"{file.path}: would be formatted", file=sys.stderr)
    return 1 if args.check and file.changes else 0


def _read_stdin() -> str:
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UserError(f"stdin holds more than {MAX_BYTES:,} bytes, and a spec does not", "give it a spec")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UserError(f"byte {error.start} of stdin is not UTF-8 text", "a spec is a text file") from None


def _show_or_write(file: Rewritten, args: argparse.Namespace) -> None:
    if args.diff:
        hand_over(file.difference("formatted"))
    elif args.check:
        say(f"{file.path}: would be formatted")
    else:
        file.write()
        say(f"{file.path}: formatted")


def _summary(changed: int, same: int, refused: int, check: bool) -> str:
    parts = [
        _counted(changed, "would be formatted" if check else "formatted"),
        _counted(same, "as it should be" if same == 1 else "as they should be"),
        _counted(refused, "refused"),
    ]
    return ", ".join(part for part in parts if part)


def _counted(number: int, what: str) -> str:
    return f"{number} file{'s' if number != 1 else ''} {what}" if number else ""
