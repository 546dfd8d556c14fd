"""`name = expression`, and statements that could not be parsed."""

from __future__ import annotations

from getdsl.compiler.constants.markers import ABSENT, POISON
from getdsl.compiler.elaborate.engine import RULES, Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.keys import key_of
from getdsl.compiler.elaborate.naming import names_of
from getdsl.compiler.elaborate.values import Tensor, Value, describe
from getdsl.compiler.elaborate.written_types import read_pattern
from getdsl.compiler.graph.callee import Callee
from getdsl.diagnostics.mistakes import names, shapes, values
from getdsl.grammar import syntax
from getdsl.text.source import Span


@RULES.statement(syntax.Binding)
def binding(engine: Engine, frame: Frame, statement: syntax.Binding) -> None:
    indices = _indices(engine, frame, statement)
    if indices is None:
        frame.scope.poison([statement.name])
        return
    name = ".".join([statement.name, *map(str, indices)])
    frame = frame.naming(names_of(engine, frame, statement.value, name, statement), statement)
    value = engine.evaluate(frame, statement.value, name)
    if statement.type is not None and isinstance(value, Tensor):
        _check_declared(engine, frame, statement, statement.type, value)
    if value is ABSENT:
        value = frame.wrong(values.absent_bound(statement.value.span))
    _bind(frame, statement, indices, value)


def _indices(engine: Engine, frame: Frame, statement: syntax.Binding) -> tuple[int | str, ...] | None:
    """The numbers of `name[0][1]`, or the keys of `name["one"]`; None after a report."""
    found: list[int | str] = []
    for index in statement.indices:
        key = _key(frame, engine.evaluate(frame, index), index.span)
        if key is None:
            return None
        found.append(key)
    return tuple(found)


def _key(frame: Frame, value: Value, place: Span) -> int | str | None:
    """A number or a name that can stand in a name; None after a report."""
    if isinstance(value, str) and not isinstance(value, Callee):
        return key_of(frame, value, place)
    if isinstance(value, int) and not isinstance(value, bool):
        if value >= 0:
            return int(value)
        frame.wrong(values.negative_index_in_name(place))
    elif value is not POISON:
        frame.wrong(values.index_in_name(describe(value), place))
    return None


def _bind(frame: Frame, statement: syntax.Binding, indices: tuple[int | str, ...], value: Value) -> None:
    """Binds a name that owns no weights of another binding."""
    name, span, scope = statement.name, statement.name_span, frame.scope
    owner = scope.owners.get(name)
    if owner is not None and not indices and owner != span and name not in scope.claimed:
        value = frame.wrong(names.bound_again(name, span, owner))
    scope.claimed.discard(name)
    if not scope.bind(name, indices, value):
        frame.wrong(names.numbers_and_keys(name, statement.indices[-1].span))


def _check_declared(
    engine: Engine, frame: Frame, statement: syntax.Binding, type: syntax.Type, value: Tensor
) -> None:
    pattern = read_pattern(engine, frame, type, new_symbols=False)
    if pattern is None or value.type.dims is None:
        return
    if pattern.lead or pattern.dims != value.type.dims or pattern.dtype != value.type.dtype:
        found, note = value.type.plain(), frame.bindings_note([value])
        frame.unsettled(
            shapes.not_as_declared(
                f"`{statement.name}`", pattern, found, type.span, statement.value.span, note
            )
        )


@RULES.statement(syntax.Broken)
def broken(engine: Engine, frame: Frame, statement: syntax.Broken) -> None:
    """What a name was before is not what follows means."""
    frame.scope.poison(name for name in statement.names if name in frame.scope.values)
