"""Files that cannot be read, and syntax."""

from __future__ import annotations

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic
from getdsl.text.source import Span

GET101 = Code(
    "GET101",
    "a file cannot be read",
    "A spec is a UTF-8 text file. This one is not there, is a directory or a binary file, or may not "
    "be read.",
)


def unreadable_params(path: object, why: str) -> Diagnostic:
    """A file of `--params`."""
    return GET101.at(None, f"cannot read `{path}`: {why}")


GET102 = Code(
    "GET102",
    "unexpected or unfinished statement",
    "The parser met something that cannot stand there, or a statement ended before it was complete. "
    "A statement is a binding `name = expression`, a declaration (`param`, `input`, `output`), "
    "`for`, `if`, or a section.",
    "proj = x -> \nhead = proj -> Linear(2)",
    "proj = x -> Linear(64)\nhead = proj -> Linear(2)",
)
GET103 = Code(
    "GET103",
    "a bracket is never closed",
    "Where it was meant to close is guessed from the indentation, so that the rest can be checked.",
    "proj = x -> Linear(64",
    "proj = x -> Linear(64)",
)
GET104 = Code(
    "GET104",
    "a bracket closes nothing",
    "There is a closing bracket without an opening one.",
    "proj = x -> Linear(64))",
    "proj = x -> Linear(64)",
)
GET105 = Code(
    "GET105",
    "a character means nothing here",
    "Strings are written with double quotes and end on the line they start on; there are no semicolons; "
    "`and`, `or` and `not` are words.",
    "pool = x -> SplitPool(peaks, pool_method = 'sum')",
    'pool = x -> SplitPool(peaks, pool_method = "sum")',
)
GET106 = Code(
    "GET106",
    "unknown escape in a string",
    r"The escapes are \" \\ \n and \t.",
    r'load "C:\data.pth" { }',
    r'load "C:\\data.pth" { }',
)
GET107 = Code(
    "GET107",
    "a positional argument follows a named one",
    "Positional arguments come first.",
    "Linear(bias = false, 64)",
    "Linear(64, bias = false)",
)
GET108 = Code(
    "GET108",
    "a params file is wrong",
    "`--params` takes YAML that maps names to values; nested names may be written nested.",
    "",
    "embed_dim: 256\ntrain:\n  epochs: 3",
)


def no_yaml(path: object, problem: object, line: int | None) -> Diagnostic:
    """`line` from 1, None where it is not known."""
    where = f" at line {line}" if line is not None else ""
    return GET108.at(None, f"`{path}` is not YAML: {problem}{where}")


def no_names_and_values(path: object) -> Diagnostic:
    return GET108.at(None, f"`{path}` must hold names and values", help="for example `train: {epochs: 3}`")


GET109 = Code(
    "GET109",
    "`--set` cannot be read",
    "Write `--set name=value`; the name may be a path.",
    "--set embed_dim:256",
    "--set embed_dim=256 --set train.epochs=3",
)


def unreadable_setting(text: str, place: Span) -> Diagnostic:
    return GET109.at(place, f"cannot read `--set {text}`", help="write `--set name=value`")
