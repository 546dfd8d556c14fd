"""The arguments of a call, given to the inputs and params of a face."""

from __future__ import annotations

from collections.abc import Sequence

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.faces import inputs_of, params_of, required_inputs, usage
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.values import Given, ModuleValue, Part, Tensor, describe
from getdsl.diagnostics.mistakes import calls
from getdsl.grammar import syntax
from getdsl.text.source import Span


def take_inputs(
    frame: Frame,
    definition: syntax.Definition,
    inputs: dict[str, Given],
    given: Sequence[Given],
    span: Span,
) -> bool:
    """Fills the required inputs by position; False after a report."""
    required = required_inputs(definition)
    waiting = [item for item in required if item.name not in inputs]
    inputs.update(zip((item.name for item in waiting), given, strict=False))
    wanted = _without_tensor(required, inputs)
    if wanted is None:
        return True
    if any(item.value is POISON for item in inputs.values()):
        return False
    found = inputs.get(wanted.name)
    instead = describe(found.value) if found is not None else None
    place = found.span if found is not None and found.span is not None else span
    type, help = wanted.type.span.in_a_line, usage(definition)
    frame.wrong(calls.missing_input(definition.name, wanted.name, type, instead, help, place, wanted.span))
    return False


def _without_tensor(required: Sequence[syntax.Input], inputs: dict[str, Given]) -> syntax.Input | None:
    """The first input that is given something else, else the first that is given nothing."""
    for item in required:
        found = inputs.get(item.name)
        if found is not None and not isinstance(found.value, Tensor) and found.value is not POISON:
            return item
    return next((item for item in required if item.name not in inputs), None)


def take_params(
    frame: Frame,
    definition: syntax.Definition,
    positional: Sequence[Given],
    keywords: dict[str, Given],
    expr: syntax.Call,
) -> dict[str, Given] | None:
    """The params given by position and name; None after a report."""
    declared = params_of(definition)
    if len(positional) > len(declared):
        place = positional[len(declared)].span or expr.span
        found, help = len(positional), usage(definition)
        frame.wrong(calls.too_many_params(definition.name, len(declared), found, help, place))
        return None
    given = dict(zip(declared, positional, strict=False))
    right = True
    for item in expr.keywords:
        if item.name in keywords:
            right &= _take_by_name(frame, definition, given, item, keywords[item.name])
    for name, value in given.items():
        if isinstance(value.value, Tensor | ModuleValue | Part):
            found_instead, place = describe(value.value), value.span or expr.span
            frame.wrong(calls.tensor_as_param(name, definition.name, found_instead, usage(definition), place))
            right = False
    return given if right else None


def _take_by_name(
    frame: Frame,
    definition: syntax.Definition,
    given: dict[str, Given],
    item: syntax.Keyword,
    value: Given,
) -> bool:
    """Adds a param that is given by name; False after a report."""
    declared = params_of(definition)
    if item.name not in declared:
        known = [*declared, *(each.name for each in inputs_of(definition))]
        frame.wrong(calls.no_such_param(definition.name, item.name, item.name_span, known))
        return False
    if item.name in given:
        name, second, first = item.name_span, item.span, given[item.name].span
        frame.wrong(calls.given_twice(definition.name, item.name, name, second, first))
        return False
    given[item.name] = value
    return True
