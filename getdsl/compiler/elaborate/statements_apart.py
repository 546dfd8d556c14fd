"""How a statement can be taken apart, or moved, and mean what it was meant to: the mends of its mistakes."""

from __future__ import annotations

from getdsl.compiler.constants.evaluate import WORDS
from getdsl.compiler.constants.functions import FUNCTIONS
from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.scope import Binds
from getdsl.compiler.elaborate.special_calls import SPECIAL
from getdsl.compiler.operations import OPERATIONS
from getdsl.diagnostics.rewrites import Output, Piece
from getdsl.grammar import syntax
from getdsl.text.source import Span

LAZY = (syntax.Choice, syntax.Comprehension, syntax.Coalesce)  # what is inside is not computed just once


def piece_before(
    frame: Frame, statement: syntax.Statement | None, call: syntax.Call, name: str
) -> Piece | None:
    """A call with all that flows into it, which can be bound to a new name before the statement."""
    if not isinstance(statement, syntax.Binding) or statement.indices or _is_taken(frame, name):
        return None
    if any(isinstance(node, LAZY) for node in syntax.walk(statement.value)):
        return None
    ending = [
        node.span
        for node in syntax.walk(statement.value)
        if isinstance(node, syntax.Arrow) and node.target.span == call.span
    ]
    return Piece(statement.span, ending[0] if ending else call.span, name)


def free_output(frame: Frame, statement: syntax.Statement | None) -> Output | None:
    """An output whose value can be bound to its name, which nothing else has."""
    if not isinstance(statement, syntax.Output) or statement.name is None or statement.value is None:
        return None
    if _is_taken(frame, statement.name):
        return None
    head = statement.name_span if statement.type is None else statement.type.span
    return Output(statement.span, statement.name_span, head, statement.value.span)


def _is_taken(frame: Frame, name: str) -> bool:
    return name in frame.scope.known or name in frame.params.declared or name in frame.scope.values


def earlier_place(frame: Frame, later: Binds) -> Span | None:
    """The statement in hand, where the one that binds a name further down can be moved in front of it."""
    statement, body = frame.statement, frame.scope.body
    places = [number for number, item in enumerate(body) if item is statement or item is later]
    if statement is None or len(places) != 2 or body[places[0]] is not statement:
        return None
    between = {item.name for item in body[slice(*places)] if isinstance(item, syntax.Binding)}
    reads = {node.id for node in syntax.walk(later) if isinstance(node, syntax.Name)}
    is_there = isinstance(later, syntax.Input) and later.value is None
    return statement.span if is_there or all(_has_value(frame, name) for name in reads - between) else None


def _has_value(frame: Frame, name: str) -> bool:
    """Whether a name means by now what it will mean further down."""
    if name in frame.scope.later:
        return frame.scope.values.get(name, POISON) is not POISON
    known = (WORDS, OPERATIONS, FUNCTIONS, frame.scope.values, frame.params.declared, SPECIAL)
    return any(name in names for names in known) or frame.program.find(name) is not None
