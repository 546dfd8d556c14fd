"""Data sources and what they yield."""

from __future__ import annotations

from getdsl.diagnostics.code import Code

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
