"""`output exp: [B, R] = head`."""

from __future__ import annotations

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.engine import RULES, Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.keys import key_of
from getdsl.compiler.elaborate.naming import names_of
from getdsl.compiler.elaborate.values import Tensor, Value, describe
from getdsl.compiler.elaborate.written_types import read_pattern
from getdsl.compiler.graph.callee import Callee
from getdsl.diagnostics.mistakes import calls, shapes, values
from getdsl.grammar import syntax


@RULES.statement(syntax.Output)
def output(engine: Engine, frame: Frame, statement: syntax.Output) -> None:
    name, declared = _name(engine, frame, statement), frame.draft.declared
    if name is None:
        declared.poisoned.add("")
    if name is None or name in statement.left:
        return
    first = declared.places.setdefault(name, statement)
    if name in declared.outputs or name in declared.poisoned:
        both = (statement.span, first.span)
        frame.wrong(values.output_twice(name, statement.name_span, first.name_span, both))
    elif statement.value is not None:
        inside = frame.naming(names_of(engine, frame, statement.value, None, statement), statement)
        _give(engine, frame, name, engine.evaluate(inside, statement.value, name or "output"), statement)
    elif name in frame.scope.values:
        _give(engine, frame, name, frame.scope.values[name], statement)
    elif statement.type is not None:
        _declare(engine, frame, name, statement.type)
    elif not name:
        frame.wrong(values.output_without_value(statement.span))
    else:
        value = engine.evaluate(frame, syntax.Name(statement.name_span, name))
        _give(engine, frame, name, value, statement)


def _name(engine: Engine, frame: Frame, statement: syntax.Output) -> str | None:
    """The output's name, empty where it has none; None after a report."""
    if statement.key is None:
        return statement.name or ""
    key = engine.evaluate(frame, statement.key)
    if isinstance(key, str) and not isinstance(key, Callee):
        return key_of(frame, key, statement.key.span)
    if key is not POISON:
        frame.wrong(values.key_no_text(describe(key), statement.key.span))
    return None


def _give(engine: Engine, frame: Frame, name: str, value: Value, statement: syntax.Output) -> None:
    draft = frame.draft
    if not isinstance(value, Tensor):
        draft.declared.poisoned.add(name)
        if isinstance(value, Callee):
            frame.wrong(calls.must_be_called(value, (statement.value or statement).span))
        elif value is not POISON:
            frame.wrong(values.output_no_tensor(describe(value), statement.span))
        return
    if statement.type is not None:
        _check_type(engine, frame, statement, statement.type, value)
    draft.outputs[name] = value.ref
    draft.declared.outputs[name] = value.type.plain()


def _check_type(
    engine: Engine, frame: Frame, statement: syntax.Output, type: syntax.Type, value: Tensor
) -> None:
    pattern = read_pattern(engine, frame, type, new_symbols=False)
    if pattern is None or pattern.lead or value.type.dims in (None, pattern.dims):
        return
    found, note = value.type.plain(), frame.bindings_note([value])
    frame.unsettled(shapes.not_as_declared("the output", pattern, found, type.span, statement.span, note))


def _declare(engine: Engine, frame: Frame, name: str, type: syntax.Type) -> None:
    """An output of a Python class, whose type is all that is known of it."""
    pattern = read_pattern(engine, frame, type, new_symbols=True)
    if pattern is None:
        frame.draft.declared.poisoned.add(name)
    else:
        frame.draft.declared.outputs[name] = pattern.type_here(frame.lead)
