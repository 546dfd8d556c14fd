"""Calls of blocks: a block with inputs becomes a node, one without a module that is applied later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from getdsl.compiler.constants.markers import ABSENT, POISON
from getdsl.compiler.elaborate.arguments import take_inputs, take_params
from getdsl.compiler.elaborate.faces import Bound, inputs_of, required_inputs
from getdsl.compiler.elaborate.instances import instantiate
from getdsl.compiler.elaborate.naming import claim, owns_weights
from getdsl.compiler.elaborate.params import Given
from getdsl.compiler.elaborate.patterns import CALLEE
from getdsl.compiler.elaborate.values import ModuleValue, Tensor, Value, describe
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Node, Ref
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import TensorType
from getdsl.diagnostics.mistakes import calls, names
from getdsl.grammar import syntax
from getdsl.text.source import Span

if TYPE_CHECKING:
    from getdsl.compiler.elaborate.body import Body


def call(
    body: Body,
    definition: syntax.Definition,
    expr: syntax.Call,
    flowing: tuple[Value, ...],
    span: Span,
    hint: str | None,
) -> Value:
    """Applies a block, or binds it as a module where no input is given."""
    planned = body.planned.get(expr.callee, "")
    args = [*flowing, *(body.evaluator.evaluate(arg) for arg in expr.args)]
    spans = [*([span] * len(flowing)), *(arg.span for arg in expr.args)]
    keywords = {
        item.name: Given(body.evaluator.evaluate(item.value), item.value.span) for item in expr.keywords
    }
    if planned is None or any(isinstance(item, syntax.Broken) for item in definition.body):
        return POISON
    required = required_inputs(definition)
    if args and args[0] is POISON and required and not flowing:
        return POISON
    applied = _is_applied(required, flowing, args, keywords)
    positional = [Given(value, place) for value, place in zip(args, spans, strict=True)]
    taken = _take(body, definition, expr, positional, keywords, applied)
    if taken is None:
        return POISON
    inputs, given = taken
    name = claim(body, owns_weights(body.program, definition), planned or definition.name.lower(), span)
    if name is None:
        return POISON
    bound = Bound(definition, given, name, expr.span)
    if not applied and required:
        return _bind(body, bound)
    return _apply(body, bound, inputs, span, hint)


def _is_applied(
    required: list[syntax.Input], flowing: tuple[Value, ...], args: list[Value], keywords: dict[str, Given]
) -> bool:
    """Whether a call gives a block its inputs, by flow, place or name."""
    if not required:
        return False
    by_place = bool(args) and isinstance(args[0], Tensor)
    return bool(flowing) or by_place or bool(keywords.keys() & {item.name for item in required})


def _take(
    body: Body,
    definition: syntax.Definition,
    expr: syntax.Call,
    positional: list[Given],
    keywords: dict[str, Given],
    applied: bool,
) -> tuple[dict[str, Given], dict[str, Given]] | None:
    """The inputs and the params that a call gives; None where one is wrong, after a report."""
    required = required_inputs(definition)
    names = {item.name for item in inputs_of(definition)}
    inputs = {key: value for key, value in keywords.items() if key in names}
    count = len([item for item in required if item.name not in inputs]) if applied else 0
    if applied and not take_inputs(body, definition, required, inputs, positional[:count], expr.span):
        return None
    rest = {key: value for key, value in keywords.items() if key not in names}
    given = take_params(body, definition, positional[count:], rest, expr)
    if given is None or any(item.value is POISON for item in (*given.values(), *inputs.values())):
        return None
    return inputs, given


def _bind(body: Body, bound: Bound) -> Value:
    """A module without inputs: `x -> name` applies it, and that settles the shapes of its weights."""
    body.blocks_by_module[bound.name] = bound
    return ModuleValue(bound.name, bound.definition.name, bound.span)


def apply_bound(
    body: Body,
    module: ModuleValue,
    args: list[Value],
    kwargs: dict[str, Value],
    span: Span,
    hint: str | None,
    spans: list[Span],
) -> Value:
    """Applies a bound module to inputs; its weights stay the same however often."""
    bound = body.blocks_by_module[module.name]
    if any(value is POISON for value in (*args, *kwargs.values())):
        return POISON
    declared = inputs_of(bound.definition)
    required = required_inputs(bound.definition)
    if len(args) > len(required):
        return body.wrong(calls.too_many_inputs(module.name, len(required), len(args), span))
    unknown = [name for name in kwargs if name not in {item.name for item in declared}]
    if unknown:
        known = [item.name for item in declared]
        return body.wrong(calls.no_such_input(module.name, unknown[0], span, known))
    inputs = {name: Given(value, span) for name, value in kwargs.items()}
    positional = [
        Given(value, place) for value, place in zip(args, (*spans, *([span] * len(args))), strict=False)
    ]
    if not take_inputs(body, bound.definition, required, inputs, positional, span):
        return POISON
    return _apply(body, bound, inputs, span, hint)


def _apply(body: Body, bound: Bound, inputs: dict[str, Given], span: Span, hint: str | None) -> Value:
    values = {name: item.value for name, item in inputs.items() if item.value is not ABSENT}
    for name, value in values.items():
        if not isinstance(value, Tensor):
            if value is not POISON:
                place = inputs[name].span or span
                body.wrong(calls.no_tensor_given(name, bound.definition.name, describe(value), place))
            return POISON
    result = instantiate(body, bound, values)
    if result is None:
        return POISON
    module, outputs = result
    earlier = body.modules.get(bound.name)
    if bound.applied and earlier is not None and list(earlier.tensors()) != list(module.tensors()):
        return body.wrong(names.other_weights(bound.name, span, bound.span))
    bound.applied = True
    body.modules[bound.name] = module
    body.blocks_by_module.setdefault(bound.name, bound)
    required = [item.name for item in required_inputs(bound.definition)]
    node = body.fresh(hint or bound.name)
    outputs = _name_new_symbols(body, node, outputs)
    args = tuple(values[name].ref for name in required if name in values)
    kwargs = {name: value.ref for name, value in values.items() if name not in required}
    body.nodes[node] = Node(node, "module", bound.name, outputs, args, kwargs, span)
    first = next(iter(outputs))
    return Tensor(Ref(node, first), outputs[first], span, bound.name)


def _name_new_symbols(body: Body, node: str, outputs: dict[str, TensorType]) -> dict[str, TensorType]:
    """Symbols that a block returns anew print with the block's name, and are measured on its output."""
    new = {symbol for type in outputs.values() for symbol in type.symbols if symbol.owner[:1] == (CALLEE,)}
    bindings = {symbol: Dim.symbol(Symbol(symbol.name, (node, *symbol.owner[1:]))) for symbol in new}
    named = {name: type.substitute(bindings) for name, type in outputs.items()}
    for name, type in named.items():
        if new:
            body.measure(Ref(node, name), type)
    return named
