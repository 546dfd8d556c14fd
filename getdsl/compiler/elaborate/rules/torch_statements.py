"""`call(…)`, `apply(…)` and `take N` in the face of a module of `torch.nn`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar, cast

from getdsl.compiler.constants.markers import ABSENT, POISON
from getdsl.compiler.elaborate.engine import RULES, Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.values import Tensor, Value, describe
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.operands import Constant
from getdsl.compiler.graph.torch_call import InputName, Passed, TorchCall
from getdsl.diagnostics.mistakes import torch_modules
from getdsl.grammar import syntax

T = TypeVar("T")
MADE = "call"  # what a wrong argument spoils
MODULE = re.compile(r"torch\.nn:[A-Za-z]\w*")


@RULES.statement(syntax.Origin)
def origin(engine: Engine, frame: Frame, statement: syntax.Origin) -> None:
    declared = frame.draft.declared
    if not MODULE.fullmatch(statement.target):
        declared.poisoned.add(MADE)
        frame.wrong(torch_modules.outside_torch(statement.target, statement.span))
        return
    declared.extern, declared.torch, declared.origin = statement.target, TorchCall(), statement.span


@RULES.statement(syntax.Construct)
def construct(engine: Engine, frame: Frame, statement: syntax.Construct) -> None:
    found = _arguments(statement, lambda expr: _plain(engine, frame, expr, "call"))
    if found is not None and _belongs(frame, "call", statement):
        args, kwargs = found
        _say(frame, replace(_said(frame), args=args, kwargs=kwargs))


@RULES.statement(syntax.Apply)
def apply(engine: Engine, frame: Frame, statement: syntax.Apply) -> None:
    def read(expr: syntax.Expr) -> tuple[Passed] | None:
        value = frame.scope.values.get(expr.id) if isinstance(expr, syntax.Name) else None
        if isinstance(expr, syntax.Name) and (isinstance(value, Tensor) or value is ABSENT):
            return (InputName(expr.id),)
        return _plain(engine, frame, expr, "apply")

    found = _arguments(statement, read)
    if found is not None and _belongs(frame, "apply", statement):
        _say(frame, replace(_said(frame), applied=found))


@RULES.statement(syntax.Take)
def take(engine: Engine, frame: Frame, statement: syntax.Take) -> None:
    if _belongs(frame, "take", statement):
        _say(frame, replace(_said(frame), take=statement.number))


def _said(frame: Frame) -> TorchCall:
    return frame.draft.declared.torch or TorchCall()


def _say(frame: Frame, call: TorchCall) -> None:
    frame.draft.declared.torch = call


def _belongs(frame: Frame, word: str, statement: syntax.Statement) -> bool:
    declared = frame.draft.declared
    if declared.torch is not None or MADE in declared.poisoned:
        return declared.torch is not None
    frame.wrong(torch_modules.without_from(word, statement.span))
    return False


def _arguments(
    statement: syntax.Construct | syntax.Apply, read: Callable[[syntax.Expr], tuple[T] | None]
) -> tuple[tuple[T, ...], dict[str, T]] | None:
    """The values by place and by name; None after a report."""
    args = [read(expr) for expr in statement.args]
    kwargs = {item.name: read(item.value) for item in statement.keywords}
    if None in args or None in kwargs.values():
        return None
    return tuple(item[0] for item in args if item), {name: item[0] for name, item in kwargs.items() if item}


def _plain(engine: Engine, frame: Frame, expr: syntax.Expr, word: str) -> tuple[Constant] | None:
    """A value that is plain data, in a tuple of its own; None after a report."""
    value = engine.evaluate(frame, expr)
    if value is POISON:
        frame.draft.declared.poisoned.add(MADE)
        return None
    if isinstance(value, Dim) and value.value is not None:
        return (value.value,)
    if isinstance(value, Dim):
        frame.draft.declared.poisoned.add(MADE)
        frame.unsettled(torch_modules.open_size(word, str(value), frame.params.call_span or expr.span))
        return None
    if _is_plain(value):
        return (cast(Constant, value),)
    frame.draft.declared.poisoned.add(MADE)
    frame.wrong(torch_modules.no_plain_data(word, describe(value), expr.span))
    return None


def _is_plain(value: Value) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)
