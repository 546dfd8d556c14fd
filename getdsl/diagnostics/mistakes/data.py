"""Data sources and what they yield."""

from __future__ import annotations

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic
from getdsl.text.source import Span

GET601 = Code(
    "GET601",
    "no such data source",
    "`data { source = Name(…) }` names a source of the library or of a used file; `getdsl blocks` "
    "lists them.",
)
GET602 = Code(
    "GET602",
    "the data does not have what the spec reads",
    "Each input binds to the batch key of its name, and a source's face says what its batches hold.",
)
GET603 = Code(
    "GET603", "a file is not there yet", "`check` needs no data, so this is a note; `train` needs the file."
)


def absent_data(path: object, place: Span) -> Diagnostic:
    """What stops a run."""
    return GET603.at(place, f"`{path}` is not there", help="a run needs it; `getdsl check` does not")


def absent_checkpoint(path: object, place: Span) -> Diagnostic:
    """What `check` notes and goes on."""
    return GET603.at(
        place,
        f"`{path}` is not there yet",
        help="check goes on without it; plan and train need it",
        severity="note",
    )
