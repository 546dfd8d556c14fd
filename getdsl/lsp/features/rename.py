"""A name changed wherever it stands, in all files that the open documents lead to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from getdsl.compiler.constants.evaluate import WORDS
from getdsl.diagnostics import UserError
from getdsl.grammar import syntax
from getdsl.grammar.words import BODY_WORDS
from getdsl.lsp.analysis import Analysis
from getdsl.lsp.features.places import references
from getdsl.lsp.names import Entity, Occurrence
from getdsl.lsp.shipped import is_shipped
from getdsl.text.source import SourceFile, Span

NAME = re.compile(r"[A-Za-z_]\w*")
OF_BODIES = ("param", "input", "name", "output", "variable", "size", "key")
RESERVED = {*BODY_WORDS, *WORDS, "batch", "and", "or", "not"}


def renamed(analysis: Analysis, offset: int) -> Span | None:
    """The name at a place, where it can be changed. Raises UserError that says why it cannot."""
    here = analysis.index.at(analysis.source, offset)
    if here is None:
        return None
    _refuse_foreign(here.entity, references([analysis], here.entity), [analysis.source])
    return here.span


def rename(analysis: Analysis, others: Sequence[Analysis], offset: int, name: str) -> list[tuple[Span, str]]:
    """The places to change with what is written there. Raises UserError where that cannot be."""
    here = analysis.index.at(analysis.source, offset)
    if here is None:
        raise UserError("there is no name to change here")
    if not NAME.fullmatch(name) or name in RESERVED:
        raise UserError(f"`{name}` is no name: letters, digits and `_`, and no word of the language")
    _refuse_kind(here.entity, name)
    programs = [analysis, *others]
    places = references(programs, here.entity)
    _refuse_foreign(here.entity, places, [item.source for item in programs])
    _refuse_clash(programs, here.entity, name)
    return [(item.span, name) for item in places]


def _refuse_foreign(entity: Entity, places: Sequence[Occurrence], opened: Sequence[SourceFile]) -> None:
    """Raises UserError for a name of the library, of the language, or of a spec that comes with it.

    A spec that is open is the user's to change.
    """
    owner = entity.owner
    if owner is None and entity.kind in ("operation", "function"):
        raise UserError(f"`{entity.name}` is a word of the language")
    files = [item.span.file for item in places] + ([owner.span.file] if owner is not None else [])
    mine = {file.path for file in opened}
    foreign = next((file for file in files if is_shipped(file) and file.path not in mine), None)
    if foreign is not None:
        raise UserError(f"`{entity.name}` is a name of {foreign.name}, which comes with getdsl")
    if not any(item.defines for item in places):
        raise UserError(f"nothing in these files defines `{entity.name}`")


def _refuse_kind(entity: Entity, name: str) -> None:
    """Sizes begin with a capital, other names of a body do not. Raises UserError."""
    is_size = entity.kind == "size"
    if is_size != name[0].isupper() and entity.kind != "definition":
        what = "a size begins with a capital letter" if is_size else "a name with a capital letter is a size"
        raise UserError(f"`{name}` cannot take the place of `{entity.name}`: {what}")


def _refuse_clash(programs: Sequence[Analysis], entity: Entity, name: str) -> None:
    """Raises UserError where the name is that of something else in the same body, or of a block."""
    if entity.name == name:
        return
    for program in programs:
        if entity.kind == "definition" and program.program.find(name) is not None:
            raise UserError(f"there is another `{name}` already")
        for other in program.index.by_entity:
            if other.name == name and other.kind in OF_BODIES and _meet(entity, other):
                raise UserError(f"`{name}` is something else already, where `{entity.name}` stands")


def _meet(one: Entity, other: Entity) -> bool:
    """Whether two names stand in one body."""
    if one.owner is None or other.owner is None:
        return False
    spans = one.owner.span, other.owner.span
    if spans[0].file is not spans[1].file:
        return (
            isinstance(one.owner, syntax.Definition)
            and isinstance(other.owner, syntax.Definition)
            and (one.owner.kind == other.owner.kind == "model")
        )
    return spans[0].start < spans[1].end and spans[1].start < spans[0].end
