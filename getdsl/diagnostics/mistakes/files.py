"""Files that cannot be read, and what is set from outside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic
from getdsl.diagnostics.fixes import Help, if_alone, renamed
from getdsl.diagnostics.rewrites import without_use
from getdsl.diagnostics.suggest import nearest
from getdsl.text.source import Span

GET101 = Code(
    "GET101",
    "a file cannot be read",
    "A spec is a UTF-8 text file. This one is not there, is a directory or a binary file, or may not "
    "be read.",
)


def cannot_read(path: object, why: str, place: Span | None = None, help: str | None = None) -> Diagnostic:
    """`place` is what named the file."""
    return GET101.at(place, f"cannot read `{path}`: {why}", help=help)


def no_such_file(shown: object, path: Path, place: Span | None, beside: Iterable[str]) -> Diagnostic:
    """`place` is the `use` that named it, if one did; `beside` are the names of other specs in its folder."""
    near = nearest(path.stem, beside)
    help: str | Help | None = None
    if near is not None:
        text = f"did you mean `{path.with_name(f'{near}.get')}`?"
        help = renamed(text, place, path.stem, near) if place is not None else text
    elif place is not None:
        gone = without_use(place, "take this `use` away")
        help = if_alone(replace(gone, text="write the file, or take this `use` away"))
    return GET101.at(place, f"cannot read `{shown}`: there is no such file", help=help)


def unreadable_params(path: object, why: str) -> Diagnostic:
    """A file of `--params`."""
    return GET101.at(None, f"cannot read `{path}`: {why}")


GET108 = Code(
    "GET108",
    "a params file is wrong",
    "`--params` takes YAML that maps names to values; nested names may be written nested.",
)


def no_yaml(path: object, problem: object, line: int | None) -> Diagnostic:
    """`line` from 1, None where it is not known."""
    where = f" at line {line}" if line is not None else ""
    return GET108.at(None, f"`{path}` is not YAML: {problem}{where}")


def no_names_and_values(path: object) -> Diagnostic:
    return GET108.at(None, f"`{path}` must hold names and values", help="for example `train: {epochs: 3}`")


def too_many_values(path: object, limit: int) -> Diagnostic:
    help = "aliases (`*name`) multiply"
    return GET108.at(None, f"`{path}` stands for more than {limit:,} values", help=help)


def nested_too_deeply(path: object, limit: int) -> Diagnostic:
    help = "an alias (`*name`) may hold itself"
    return GET108.at(None, f"the values in `{path}` are nested deeper than {limit} levels", help=help)


GET109 = Code(
    "GET109",
    "`--set` cannot be read",
    "Write `--set name=value`; the name may be a path.",
)


def unreadable_setting(text: str, place: Span) -> Diagnostic:
    return GET109.at(place, f"cannot read `--set {text}`", help="write `--set name=value`")
