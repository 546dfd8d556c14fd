"""Calls and arrows: of blocks, of operations, of functions of constants, of bound modules."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from getdsl.compiler.constants.functions import FUNCTIONS, call_function
from getdsl.compiler.constants.markers import ABSENT, POISON, contains_poison
from getdsl.compiler.elaborate.blocks import apply_module, call_block
from getdsl.compiler.elaborate.buffers import buffer, read
from getdsl.compiler.elaborate.callees import holds_callee, through
from getdsl.compiler.elaborate.engine import RULES, Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.members import listed
from getdsl.compiler.elaborate.operate import constant, operate
from getdsl.compiler.elaborate.parameters import parameter
from getdsl.compiler.elaborate.rules.gradient_calls import gradient
from getdsl.compiler.elaborate.special_calls import GRADIENTS, SPECIAL
from getdsl.compiler.elaborate.values import (
    Given,
    ModuleValue,
    Value,
    are_constants,
    as_constant,
    describe,
)
from getdsl.compiler.graph.callee import Callee
from getdsl.compiler.operations import OPERATIONS
from getdsl.diagnostics.mistakes import calls, names
from getdsl.diagnostics.suggest import meant
from getdsl.grammar import syntax
from getdsl.text.source import Span


@RULES.expression(syntax.Call)
def call(engine: Engine, frame: Frame, expr: syntax.Call, hint: str | None) -> Value:
    return _call(engine, frame, expr, (), expr.span, hint)


@RULES.expression(syntax.Arrow)
def arrow(engine: Engine, frame: Frame, expr: syntax.Arrow, hint: str | None) -> Value:
    """`source -> target`, where the target is a call, or a module or block by its name."""
    source = engine.evaluate(frame, expr.source)
    target = expr.target
    if isinstance(target, syntax.Name) and not frame.binds(target.id) and _is_callable(frame, target.id):
        target = syntax.Call(target.span, target, (), ())
    if isinstance(target, syntax.Call):
        return _call(engine, frame, target, (Given(source, expr.span),), expr.span, hint)
    if not isinstance(target, syntax.Name | syntax.Attribute | syntax.Index):
        return frame.wrong(calls.nothing_to_flow_into(target.span))
    module = engine.evaluate(frame, target)
    if isinstance(module, Callee):
        to = syntax.Call(target.span, target, (), ())
        return _call_held(engine, frame, module, to, (Given(source, expr.span),), expr.span, hint)
    if isinstance(module, ModuleValue):
        flowing = [Given(source, expr.source.span)]
        return apply_module(engine, frame, module, flowing, {}, expr.span, hint)
    return POISON if module is POISON else frame.wrong(calls.cannot_flow_into(describe(module), target.span))


def _is_callable(frame: Frame, name: str) -> bool:
    return frame.program.find(name) is not None or name in OPERATIONS or name in FUNCTIONS


def _call(
    engine: Engine,
    frame: Frame,
    expr: syntax.Call,
    flowing: Sequence[Given],
    span: Span,
    hint: str | None,
) -> Value:
    """A call in a chain of arrows, which is what `span` covers."""
    callee = expr.callee
    if not isinstance(callee, syntax.Name) or _means_value(frame, callee.id):
        return _call_value(engine, frame, engine.evaluate(frame, callee), expr, flowing, span, hint)
    if callee.id in SPECIAL:
        return _special(engine, frame, expr, callee, span, hint)
    definition = frame.program.find(callee.id)
    if definition is not None:
        if definition.kind == "source":
            return frame.wrong(calls.source_in_expression(callee.id, callee.span))
        return call_block(engine, frame, definition, expr, flowing, span, hint)
    if callee.id in OPERATIONS or callee.id in FUNCTIONS:
        return _call_operation(engine, frame, callee.id, expr, flowing, span, hint)
    return _nothing_to_call(frame, callee)


def _means_value(frame: Frame, name: str) -> bool:
    """Whether a name that is called is one of this body's own."""
    return holds_callee(frame, name) or (frame.binds(name) and not _is_callable(frame, name))


def _call_held(
    engine: Engine,
    frame: Frame,
    callee: Callee,
    expr: syntax.Call,
    flowing: Sequence[Given],
    span: Span,
    hint: str | None,
) -> Value:
    """A call of the block or operation that a param, a list or a table holds."""
    frame = through(frame, callee, expr.callee)
    if callee.definition is not None:
        return call_block(engine, frame, callee.definition, expr, flowing, span, hint)
    return _call_operation(engine, frame, str(callee), expr, flowing, span, hint)


def _not_callable(frame: Frame, value: Value, span: Span) -> Value:
    return POISON if value is POISON else frame.wrong(calls.cannot_be_called(describe(value), span))


@lru_cache(maxsize=8)
def _known(blocks: frozenset[str]) -> frozenset[str]:
    """All that can be called."""
    return blocks | OPERATIONS.keys() | FUNCTIONS.keys() | {*SPECIAL} - {"size"}


def _nothing_to_call(frame: Frame, callee: syntax.Name) -> Value:
    """POISON; what is called may be told to be wrong elsewhere."""
    if callee.id in frame.scope.broken:
        return POISON
    near = meant(callee.id, callee.span, _known(frozenset(frame.program.names())))
    if near is None and frame.program.unread:
        return POISON
    return frame.wrong(names.no_such_block(callee.id, callee.span, near))


def _call_value(
    engine: Engine,
    frame: Frame,
    module: Value,
    expr: syntax.Call,
    flowing: Sequence[Given],
    span: Span,
    hint: str | None,
) -> Value:
    if isinstance(module, Callee):
        return _call_held(engine, frame, module, expr, flowing, span, hint)
    if not isinstance(module, ModuleValue):
        return _not_callable(frame, module, expr.callee.span)
    args = [*flowing, *(Given(engine.evaluate(frame, arg), arg.span) for arg in expr.args)]
    kwargs = {keyword.name: engine.evaluate(frame, keyword.value) for keyword in expr.keywords}
    return apply_module(engine, frame, module, args, kwargs, span, hint)


def _call_operation(
    engine: Engine,
    frame: Frame,
    name: str,
    expr: syntax.Call,
    flowing: Sequence[Given],
    span: Span,
    hint: str | None,
) -> Value:
    """An operation of tensors, or a function of constants."""
    args = [listed(frame, item.value, item.span or span) for item in flowing]
    args += [listed(frame, engine.evaluate(frame, arg), arg.span) for arg in expr.args]
    kwargs = {
        item.name: listed(frame, engine.evaluate(frame, item.value), item.value.span)
        for item in expr.keywords
    }
    given = [*args, *kwargs.values()]
    if contains_poison(given):
        return POISON
    if name in FUNCTIONS and (name not in OPERATIONS or are_constants(given)):
        constants = [as_constant(item) for item in args]
        named = {key: as_constant(item) for key, item in kwargs.items()}
        return constant(frame, lambda: call_function(name, constants, named), span)
    return operate(frame, name, args, kwargs, span, hint, expr)


def _special(
    engine: Engine, frame: Frame, expr: syntax.Call, callee: syntax.Name, span: Span, hint: str | None
) -> Value:
    """What is written like a call and is part of the language."""
    if callee.id == "given":
        return _given(engine, frame, expr)
    if callee.id == "Parameter":
        return parameter(engine, frame, expr)
    if callee.id in GRADIENTS:
        return gradient(engine, frame, expr, span, hint)
    if callee.id == "Buffer":
        return buffer(engine, frame, expr)
    if callee.id == "read":
        return read(engine, frame, expr)
    return frame.wrong(names.no_such_operation(callee.id, callee.span))


def _given(engine: Engine, frame: Frame, expr: syntax.Call) -> Value:
    """Whether an optional input is given."""
    match expr:
        case syntax.Call(args=(syntax.Name() as name,), keywords=()):
            pass
        case _:
            return frame.wrong(calls.wrong_given(expr.span))
    if frame.inputs is not None and name.id in frame.inputs:
        return frame.inputs[name.id] is not None
    if name.id in frame.scope.values:
        return frame.scope.values[name.id] is not ABSENT
    return POISON if name.id in frame.scope.broken else engine.evaluate(frame, name)
