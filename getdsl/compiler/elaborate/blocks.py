"""Calls of blocks: a block with inputs becomes a node, one without a module that is applied later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from getdsl.compiler.constants.markers import ABSENT, POISON
from getdsl.compiler.elaborate.arguments import take_inputs, take_params
from getdsl.compiler.elaborate.claims import claim
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.faces import Bound, inputs_of, required_inputs
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.instances import instantiate
from getdsl.compiler.elaborate.patterns import CALLEE
from getdsl.compiler.elaborate.values import Given, ModuleValue, Tensor, Value, describe
from getdsl.compiler.elaborate.weighted import owns_weights
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Ref
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import TensorType
from getdsl.diagnostics.mistakes import calls, names
from getdsl.grammar import syntax
from getdsl.text.source import Span

Arguments = tuple[dict[str, Given], dict[str, Given]]  # inputs and params


def call_block(
    engine: Engine,
    frame: Frame,
    definition: syntax.Definition,
    expr: syntax.Call,
    flowing: Sequence[Given],
    span: Span,
    hint: str | None,
) -> Value:
    """Applies a block, or binds it as a module where no input is given."""
    planned = frame.planned.get(expr.callee, "")
    positional = [*flowing, *(Given(engine.evaluate(frame, arg), arg.span) for arg in expr.args)]
    keywords = {
        item.name: Given(engine.evaluate(frame, item.value), item.value.span) for item in expr.keywords
    }
    if planned is None or any(isinstance(item, syntax.Broken) for item in definition.body):
        return POISON
    if required_inputs(definition) and not flowing and positional and positional[0].value is POISON:
        return POISON
    applied = _is_applied(definition, flowing, positional, keywords)
    taken = _take(frame, definition, expr, positional, keywords, applied)
    if taken is None:
        return POISON
    inputs, params = taken
    weighted = owns_weights(engine.weighted, frame.program, definition)
    name = claim(frame, weighted, planned or definition.name.lower(), span)
    if name is None:
        return POISON
    bound = Bound(definition, params, name, expr.span)
    if applied or not required_inputs(definition):
        return _apply(engine, frame, bound, inputs, span, hint)
    frame.draft.bound[name] = bound  # `x -> name` applies it, and that settles the shapes of its weights
    return ModuleValue(name, definition.name, expr.span)


def _is_applied(
    definition: syntax.Definition,
    flowing: Sequence[Given],
    positional: Sequence[Given],
    keywords: Mapping[str, Given],
) -> bool:
    """Whether a call gives a block its inputs, by flow, place or name."""
    required = {item.name for item in required_inputs(definition)}
    if not required:
        return False
    by_place = bool(positional) and isinstance(positional[0].value, Tensor)
    return bool(flowing) or by_place or bool(keywords.keys() & required)


def _take(
    frame: Frame,
    definition: syntax.Definition,
    expr: syntax.Call,
    positional: Sequence[Given],
    keywords: Mapping[str, Given],
    applied: bool,
) -> Arguments | None:
    """The inputs and the params that a call gives; None where one is wrong, after a report."""
    names = {item.name for item in inputs_of(definition)}
    inputs = {key: value for key, value in keywords.items() if key in names}
    count = sum(item.name not in inputs for item in required_inputs(definition)) if applied else 0
    if applied and not take_inputs(frame, definition, inputs, positional[:count], expr.span):
        return None
    rest = {key: value for key, value in keywords.items() if key not in names}
    params = take_params(frame, definition, positional[count:], rest, expr)
    if params is None or any(item.value is POISON for item in (*params.values(), *inputs.values())):
        return None
    return inputs, params


def apply_module(
    engine: Engine,
    frame: Frame,
    module: ModuleValue,
    args: Sequence[Given],
    kwargs: Mapping[str, Value],
    span: Span,
    hint: str | None,
) -> Value:
    """Applies a bound module to inputs; its weights stay the same however often."""
    bound = frame.draft.bound[module.name]
    if any(value is POISON for value in (*(item.value for item in args), *kwargs.values())):
        return POISON
    known = [item.name for item in inputs_of(bound.definition)]
    required = required_inputs(bound.definition)
    if len(args) > len(required):
        return frame.wrong(calls.too_many_inputs(module.name, len(required), len(args), span))
    unknown = next((name for name in kwargs if name not in known), None)
    if unknown is not None:
        return frame.wrong(calls.no_such_input(module.name, unknown, span, known))
    inputs = {name: Given(value, span) for name, value in kwargs.items()}
    if not take_inputs(frame, bound.definition, inputs, args, span):
        return POISON
    return _apply(engine, frame, bound, inputs, span, hint)


def _apply(
    engine: Engine, frame: Frame, bound: Bound, inputs: Mapping[str, Given], span: Span, hint: str | None
) -> Value:
    values = _tensors(frame, bound, inputs, span)
    instance = instantiate(engine, frame, bound, values) if values is not None else None
    if values is None or instance is None:
        return POISON
    draft, (module, outputs) = frame.draft, instance
    earlier = draft.modules.get(bound.name)
    if earlier is not None and list(earlier.tensors()) != list(module.tensors()):
        return frame.wrong(names.other_weights(bound.name, span, bound.span))
    draft.modules[bound.name] = module
    draft.bound.setdefault(bound.name, bound)
    node = draft.fresh(hint or bound.name)
    required = [item.name for item in required_inputs(bound.definition)]
    args = [values[name] for name in required if name in values]
    kwargs = {name: value for name, value in values.items() if name not in required}
    return draft.add_call(node, bound.name, _named(frame, node, outputs), args, kwargs, span)


def _tensors(frame: Frame, bound: Bound, inputs: Mapping[str, Given], span: Span) -> dict[str, Tensor] | None:
    """The inputs that are there; None after a report of one that is no tensor."""
    tensors: dict[str, Tensor] = {}
    for name, item in inputs.items():
        if isinstance(item.value, Tensor):
            tensors[name] = item.value
        elif item.value is not ABSENT:
            if item.value is not POISON:
                found, place = describe(item.value), item.span or span
                frame.wrong(calls.no_tensor_given(name, bound.definition.name, found, place))
            return None
    return tensors


def _named(frame: Frame, node: str, outputs: dict[str, TensorType]) -> dict[str, TensorType]:
    """Symbols that a block returns anew print with the block's name, and are measured on its output."""
    new = {symbol for type in outputs.values() for symbol in type.symbols if symbol.owner[:1] == (CALLEE,)}
    bindings = {symbol: Dim.symbol(Symbol(symbol.name, (node, *symbol.owner[1:]))) for symbol in new}
    named = {name: type.substitute(bindings) for name, type in outputs.items()}
    for name, type in named.items() if new else ():
        frame.draft.measure(Ref(node, name), type)
    return named
