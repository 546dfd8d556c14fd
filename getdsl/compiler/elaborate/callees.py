"""Operations and blocks as values: which a name means, and which a param, a list or a table holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.values import ModuleValue, Value
from getdsl.compiler.graph.callee import Callee
from getdsl.compiler.operations import OPERATIONS
from getdsl.compiler.program import Program
from getdsl.diagnostics import Label
from getdsl.grammar import syntax


def callee_named(program: Program, name: str) -> Callee | None:
    """The block or operation of a name, where it is seen."""
    definition = program.find(name)
    if definition is not None:
        return Callee.of(name, definition) if definition.kind == "block" else None
    return Callee.of(name, None) if name in OPERATIONS else None


def held(frame: Frame, expr: syntax.Expr) -> Value:
    """What a name holds, or an item of a list or a table by it; None for all else; reports nothing."""
    match expr:
        case syntax.Name(id=name):
            return held_by_name(frame, name)
        case syntax.Number(value=value) | syntax.String(value=value):
            return value
        case syntax.Attribute(value=owner, name=key):
            return _item(held(frame, owner), key)
        case syntax.Index(value=owner, items=(index,)):
            return _item(held(frame, owner), held(frame, index))
    return None


def held_by_name(frame: Frame, name: str) -> Value:
    return frame.scope.values.get(name, frame.params.values.get(name))


def _item(owner: Value, index: Value) -> Value:
    if isinstance(owner, dict) and isinstance(index, str):
        return owner.get(index)
    if isinstance(owner, list) and isinstance(index, int) and -len(owner) <= index < len(owner):
        found: Value = owner[index]
        return found
    return None


def holds_callee(frame: Frame, name: str) -> bool:
    """Whether a name is bound to a module, a block or an operation, and so means that where it is called."""
    return isinstance(held_by_name(frame, name), ModuleValue | Callee)


def through(frame: Frame, callee: Callee, expr: syntax.Expr) -> Frame:
    """The frame in which a call by what something holds is made: mistakes of it say what that is."""
    if not isinstance(expr, syntax.Name):
        return frame.telling(Label(expr.span, f"this is the {callee.kind} `{callee}`"))
    given, declared = frame.params.given.get(expr.id), frame.params.declared.get(expr.id)
    place = given.span if given is not None else declared.name_span if declared is not None else None
    return frame.telling(Label(place or expr.span, f"`{expr.id}` is the {callee.kind} `{callee}`"))


def blocks_in(values: Iterable[Value]) -> Iterator[syntax.Definition]:
    """The definitions of the blocks among values, in lists and tables too."""
    for value in values:
        if isinstance(value, Callee):
            if value.definition is not None:
                yield value.definition
        elif isinstance(value, list):
            yield from blocks_in(value)
        elif isinstance(value, dict):
            yield from blocks_in(value.values())
