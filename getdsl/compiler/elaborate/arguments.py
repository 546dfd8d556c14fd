"""The arguments of a call, given to the inputs and params of a face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.faces import inputs_of, params_of, usage
from getdsl.compiler.elaborate.params import Given
from getdsl.compiler.elaborate.values import ModuleValue, Part, Tensor, describe
from getdsl.diagnostics import Label, suggestion_or_list
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
    instead = f", not {describe(value.value)}" if value is not None else ""
    place = value.span if value is not None and value.span is not None else span
    if any(item.value is POISON for item in inputs.values()):
        return False
    body.report(
        "GET213",
        f"`{definition.name}` needs the input `{wanted.name}: {wanted.type.span.text}`{instead}",
        place,
        labels=[Label(wanted.span, "declared here")],
        help=f"inputs come before params: `{usage(definition)}`",
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
        body.report(
            "GET214",
            f"`{definition.name}` takes {len(declared)} param{'s' if len(declared) != 1 else ''}, got "
            f"{len(positional)}",
            extra.span or expr.span,
            help=f"the call is `{usage(definition)}`",
        )
        return None
    given = dict(zip(declared, positional, strict=False))
    wrong = False
    for item in expr.keywords:
        if item.name not in keywords:
            continue
        if item.name not in declared:
            known = [*declared, *(each.name for each in inputs_of(definition))]
            body.report(
                "GET214",
                f"`{definition.name}` has no param `{item.name}`",
                item.name_span,
                help=suggestion_or_list(item.name, known, "its params and inputs"),
            )
            wrong = True
        elif item.name in given:
            body.report(
                "GET214",
                f"`{item.name}` of `{definition.name}` is given twice",
                item.name_span,
                labels=[Label(first, "first here")] if (first := given[item.name].span) else [],
            )
            wrong = True
        else:
            given[item.name] = keywords[item.name]
    for name, value in given.items():
        if isinstance(value.value, Tensor | ModuleValue | Part):
            body.report(
                "GET212",
                f"the param `{name}` of `{definition.name}` is a constant, not {describe(value.value)}",
                value.span or expr.span,
                help=f"the call is `{usage(definition)}`",
            )
            wrong = True
    return None if wrong else given
