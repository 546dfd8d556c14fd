"""Operations on tensors, and functions of constants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.constants.functions import CompileTimeError, UnknownSizeError
from getdsl.compiler.constants.markers import ABSENT, BATCH, POISON, contains_poison
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.values import (
    ModuleValue,
    Owner,
    Part,
    Tensor,
    Value,
    as_operand,
    describe,
    flat,
)
from getdsl.compiler.elaborate.wrong_calls import argument_of, wrong_call
from getdsl.compiler.graph.callee import Callee
from getdsl.compiler.operations import OPERATIONS, Operation, ShapeError
from getdsl.diagnostics import Label
from getdsl.diagnostics.mistakes import calls, names, values
from getdsl.diagnostics.mistakes import operands as mistakes
from getdsl.grammar import syntax
from getdsl.text.source import Span


def operate(
    frame: Frame,
    name: str,
    args: Sequence[Value],
    kwargs: Mapping[str, Value],
    span: Span,
    hint: str | None,
    call: syntax.Call | None = None,
) -> Value:
    """Adds an operation's node; its result, or POISON after a report at the call itself in a chain."""
    place = call.span if call is not None else span
    given = [*args, *kwargs.values()]
    if contains_poison(given):
        return POISON
    for value in flat(given):
        if isinstance(value, Callee):
            return frame.wrong(calls.must_be_called(value, place))
        if isinstance(value, Owner):
            return frame.wrong(names.block_in_stage(value.path, place))
        if isinstance(value, ModuleValue | Part) or value is BATCH or value is ABSENT:
            module = isinstance(value, ModuleValue)
            return frame.wrong(calls.operation_takes_no(name, describe(value), place, module=module))
    try:
        return _result(frame, OPERATIONS[name], args, kwargs, span, hint, place)
    except TypeError as error:
        return frame.wrong(wrong_call(OPERATIONS[name], error, call, len(args), place))
    except ShapeError as error:
        argument = argument_of(call, OPERATIONS[name], len(args), error.message.argument)
        return _unfit(frame, error, place, given, call, argument)
    except _ReportedError:
        return POISON


class _ReportedError(Exception):
    """What a size must be it never is, and that is reported."""


def _result(
    frame: Frame,
    operation: Operation,
    args: Sequence[Value],
    kwargs: Mapping[str, Value],
    span: Span,
    hint: str | None,
    place: Span,
    *,
    plain: bool = False,
) -> Tensor:
    """The result of an operation, whose node is new, or of the plainer ones that it is spelled as."""
    keywords = {key: as_operand(item) for key, item in kwargs.items()}
    type, needs = operation.applied([as_operand(item) for item in args], keywords)
    if operation.spelled is not None and not plain:

        def call(name: str, *args: Value, **kwargs: Value) -> Tensor:
            return _result(frame, OPERATIONS[name], args, kwargs, span, hint, place, plain=True)

        return cast(Tensor, operation.spelled(call, *args, **kwargs))
    if not all(frame.need(need, place) for need in needs):
        raise _ReportedError
    return frame.draft.add_operation(
        hint or operation.name, operation.name, *operation.in_order(args, kwargs), type, span
    )


def _unfit(
    frame: Frame,
    error: ShapeError,
    span: Span,
    given: Iterable[Value],
    call: syntax.Call | None,
    argument: Span | None,
) -> Value:
    found = list(flat(given))
    labels = [
        Label(operand.span, str(operand.type.plain()))
        for operand in found
        if isinstance(operand, Tensor) and operand.span.start != span.start
    ]
    notes, called = frame.bindings_note(found), call.span if call is not None else None
    mistake = mistakes.do_not_fit(span, error.message, labels, notes, called, argument)
    open_sizes = any(isinstance(operand, Tensor) and operand.type.symbols for operand in found)
    return frame.unsettled(mistake) if open_sizes else frame.wrong(mistake)


def constant(frame: Frame, compute: Callable[[], Constant], span: Span) -> Value:
    """What is computed of constants, or POISON after a report."""
    try:
        return compute()
    except UnknownSizeError as error:
        return frame.unsettled(values.not_constant(str(error), span))
    except CompileTimeError as error:
        return frame.wrong(values.not_constant(str(error), span))
