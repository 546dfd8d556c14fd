"""Names of modules and parameters, which name the weights."""

from __future__ import annotations

from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.reserved import RESERVED_MEMBER_NAMES, RESERVED_MODULE_NAMES
from getdsl.diagnostics.mistakes import names as mistakes
from getdsl.diagnostics.rewrites import Both
from getdsl.grammar import syntax
from getdsl.text.source import Span


def claim(frame: Frame, weighted: bool, wanted: str, span: Span) -> str | None:
    """The name of a new module or parameter: the wanted one, or one like it where it has no weights."""
    steps = wanted.split(".")
    reserved = next((step for step in steps if step in RESERVED_MODULE_NAMES), None)
    reserved = reserved or next((step for step in steps[1:] if step in RESERVED_MEMBER_NAMES), None)
    if reserved is not None:
        frame.wrong(mistakes.reserved_module(reserved, span, _bound_at(frame, reserved)))
        return None
    first = steps[0]
    scope, owner = frame.scope, frame.draft.owner_of(wanted)
    if owner is not None and not weighted:
        return frame.draft.fresh_module(wanted)
    scope.claimed.add(first)
    if owner is not None:
        owned, both = first in scope.owners, _binding_twice(frame, first)
        frame.wrong(mistakes.other_block(wanted, span, owner.span, owned=owned, statements=both))
        return None
    if weighted:
        scope.owners.setdefault(first, span)
    return wanted


def _bound_at(frame: Frame, name: str) -> Span | None:
    """Where the statement in hand binds a name."""
    match frame.statement:
        case syntax.Binding(name=bound, indices=()) as statement if bound == name:
            return statement.name_span
    return None


def _binding_twice(frame: Frame, name: str) -> Both | None:
    """The statement in hand and the first one that binds a name, where both do."""
    if _bound_at(frame, name) is None or frame.statement is None or name not in frame.scope.later:
        return None
    return frame.statement.span, frame.scope.later[name].span
