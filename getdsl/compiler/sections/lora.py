"""`lora`: low-rank adapters beside weights that stay as they are."""

from collections.abc import Mapping
from typing import Annotated

from getdsl.compiler.sections.declare import Bound, Doc, Table

Rank = Annotated[int, Bound(least=1)]
Strength = Annotated[float, Bound(above=0)]


class LoraSettings(Table):
    """The section `lora`."""

    on: Annotated[
        tuple[str, ...] | None,
        Doc("the parts whose weights are adapted", "the adapter says it"),
        Bound(format="weights", items=1),
    ] = None
    rank: Annotated[
        Rank | Annotated[Mapping[str, Rank], Bound(items=1)] | None,
        Doc("the rank of the adapters, or a table of ranks by name", "8"),
        Bound(wanted="an integer at least 1, or a table of them by pattern", told_by="adapter"),
    ] = None
    alpha: Annotated[
        Strength | Annotated[Mapping[str, Strength], Bound(items=1)] | None,
        Doc(
            "an adapter is scaled by alpha / rank; a number or a table by name",
            "what the adapter's file says; the rank where it is fresh",
        ),
        Bound(wanted="a number above 0, or a table of them by pattern"),
    ] = None
    dropout: Annotated[float, Doc("of what an adapter reads"), Bound(least=0, below=1)] = 0.0
    adapter: Annotated[
        str | None, Doc("a file of adapters to begin with", "they begin anew"), Bound(format="path")
    ] = None


KIND = LoraSettings
