"""`load`: a checkpoint that weights are read from."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from getdsl.compiler.sections.declare import Bound, Doc, Table

RULES = 'rules in braces: `{ "old." -> "new." }`'
NO_RULES: Mapping[str, str] = MappingProxyType({})

Names = Annotated[tuple[str, ...], Bound(format="weights")]
OneOrMore = Annotated[tuple[str, ...], Bound(items=1)]


class LoadSettings(Table):
    """A section `load`; its label is the checkpoint."""

    sha256: Annotated[
        str | None,
        Doc("the file's hash, which a URL needs", "it is not checked"),
        Bound(pattern="^[0-9a-fA-F]{64}$", wanted="64 hexadecimal digits in quotes"),
    ] = None
    size: Annotated[
        int | None,
        Doc("bytes that are fetched of a URL at most", "10 GiB"),
        Bound(least=1),
    ] = None
    key: Annotated[
        str | OneOrMore | None,
        Doc("where in the file the weights are; of alternatives the first that is there", "it is found"),
        Bound(wanted='a string, or alternatives: `"model" | "state_dict"`'),
    ] = None
    into: Annotated[str | None, Doc("the part of the model that the file fills", "all of it")] = None
    new: Annotated[
        tuple[str, ...], Doc("names of the model that the file need not have"), Bound(format="weights")
    ] = ()
    drop: Annotated[
        tuple[str, ...], Doc("names of the file that the model does not take"), Bound(format="weights")
    ] = ()
    strict: Annotated[bool, Doc("whether names that are left over on either side are errors")] = True
    rename: Annotated[
        Mapping[str, str], Doc("beginnings of names, and what stands in their place"), Bound(wanted=RULES)
    ] = NO_RULES
    replace: Annotated[
        Mapping[str, str], Doc("pieces of names, and what stands in their place"), Bound(wanted=RULES)
    ] = NO_RULES


KIND = LoadSettings
