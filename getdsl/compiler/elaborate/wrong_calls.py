"""Where the arguments of an operation's call stand, and what is wrong with those that it cannot take."""

from __future__ import annotations

import inspect

from getdsl.compiler.operations import Operation
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import calls
from getdsl.diagnostics.suggest import meant
from getdsl.grammar import syntax
from getdsl.text.source import Span


def argument_of(call: syntax.Call | None, operation: Operation, count: int, name: str) -> Span | None:
    """Where a call gives an argument, of `count` by position; None where it does not, or it flows in."""
    if call is None or name not in operation.signature.parameters:
        return None
    by_name = (item.value.span for item in call.keywords if item.name == name)
    flowing = count - len(call.args)
    position = list(operation.signature.parameters).index(name) - flowing
    return next(by_name, call.args[position].span if 0 <= position < len(call.args) else None)


def wrong_call(
    operation: Operation, error: TypeError, call: syntax.Call | None, count: int, place: Span
) -> Diagnostic:
    """A call that Python would not make, with the argument that is too much, or misspelt."""
    parameters = operation.signature.parameters
    several = any(item.kind is inspect.Parameter.VAR_POSITIONAL for item in parameters.values())
    surplus, near = None, None
    if call is not None and not several:
        flowing = count - len(call.args)
        beyond = call.args[max(0, len(parameters) - flowing) :]
        surplus = beyond[0].span if beyond else None
    for item in call.keywords if call is not None else ():
        if item.name not in parameters:
            near = near or meant(item.name, item.name_span, parameters)
    return calls.wrong_arguments(operation.name, str(error), operation.usage(), place, surplus, near)
