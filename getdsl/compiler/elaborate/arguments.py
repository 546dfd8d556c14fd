"""The arguments of a call, given to the inputs and params of a face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.faces import inputs_of, params_of, usage
from getdsl.compiler.elaborate.params import Given
from getdsl.compiler.elaborate.values import ModuleValue, Part, Tensor, describe
from getdsl.diagnostics.mistakes import calls
from getdsl.grammar import syntax
from getdsl.text.source import Span

if TYPE_CHECKING:
    from getdsl.compiler.elaborate.body import Body


def take_inputs(
    body: Body,
    definition: syntax.Definition,
    required: list[syntax.Input],
    inputs: dict[str, Given],
    given: list[Given],
    span: Span,
) -> bool:
    """Fills the required inputs by position; False after a report."""
    waiting = [item for item in required if item.name not in inputs]
    inputs.update(zip((item.name for item in waiting), given, strict=False))
    missing = [item for item in required if item.name not in inputs]
    for item in required:
        found = inputs.get(item.name)
        if found is not None and not isinstance(found.value, Tensor) and found.value is not POISON:
            missing = [item]
            break
    if not missing:
        return True
    wanted = missing[0]
    value = inputs.get(wanted.name)
    instead = describe(value.value) if value is not None else None
    place = value.span if value is not None and value.span is not None else span
    if any(item.value is POISON for item in inputs.values()):
        return False
    type = wanted.type.span.text
    body.wrong(
        calls.missing_input(
            definition.name, wanted.name, type, instead, usage(definition), place, wanted.span
        )
    )
    return False


def take_params(
    body: Body,
    definition: syntax.Definition,
    positional: list[Given],
    keywords: dict[str, Given],
    expr: syntax.Call,
) -> dict[str, Given] | None:
    """The params given by position and name; None after a report."""
    declared = params_of(definition)
    if len(positional) > len(declared):
        extra = positional[len(declared)]
        place = extra.span or expr.span
        body.wrong(
            calls.too_many_params(definition.name, len(declared), len(positional), usage(definition), place)
        )
        return None
    given = dict(zip(declared, positional, strict=False))
    wrong = False
    for item in expr.keywords:
        if item.name not in keywords:
            continue
        if item.name not in declared:
            known = [*declared, *(each.name for each in inputs_of(definition))]
            body.wrong(calls.no_such_param(definition.name, item.name, item.name_span, known))
            wrong = True
        elif item.name in given:
            first = given[item.name].span
            body.wrong(calls.given_twice(definition.name, item.name, item.name_span, first))
            wrong = True
        else:
            given[item.name] = keywords[item.name]
    for name, value in given.items():
        if isinstance(value.value, Tensor | ModuleValue | Part):
            found, place = describe(value.value), value.span or expr.span
            body.wrong(calls.tensor_as_param(name, definition.name, found, usage(definition), place))
            wrong = True
    return None if wrong else given
