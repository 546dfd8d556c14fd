"""Names of modules and parameters, which name the weights."""

from __future__ import annotations

from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.reserved import RESERVED_MEMBER_NAMES, RESERVED_MODULE_NAMES
from getdsl.diagnostics.mistakes import names as mistakes
from getdsl.text.source import Span


def claim(frame: Frame, weighted: bool, wanted: str, span: Span) -> str | None:
    """The name of a new module or parameter: the wanted one, or one like it where it has no weights."""
    steps = wanted.split(".")
    reserved = next((step for step in steps if step in RESERVED_MODULE_NAMES), None)
    reserved = reserved or next((step for step in steps[1:] if step in RESERVED_MEMBER_NAMES), None)
    if reserved is not None:
        frame.wrong(mistakes.reserved_module(reserved, span))
        return None
    first = steps[0]
    scope, owner = frame.scope, frame.draft.owner_of(wanted)
    if owner is not None and not weighted:
        return frame.draft.fresh_module(wanted)
    scope.claimed.add(first)
    if owner is not None:
        frame.wrong(mistakes.other_block(wanted, span, owner.span, owned=first in scope.owners))
        return None
    if weighted:
        scope.owners.setdefault(first, span)
    return wanted
