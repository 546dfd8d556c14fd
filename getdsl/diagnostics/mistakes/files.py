"""Files that cannot be read, and what is set from outside."""

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


def cannot_read(path: object, why: str, place: Span | None = None, help: str | None = None) -> Diagnostic:
    """`place` is what named the file."""
    return GET101.at(place, f"cannot read `{path}`: {why}", help=help)


GET108 = Code(
    "GET108",
    "a params file is wrong",
    "`--params` takes YAML that maps names to values; nested names may be written nested.",
    "",
    "embed_dim: 256\ntrain:\n  epochs: 3",
)
GET109 = Code(
    "GET109",
    "`--set` cannot be read",
    "Write `--set name=value`; the name may be a path.",
    "--set embed_dim:256",
    "--set embed_dim=256 --set train.epochs=3",
)
