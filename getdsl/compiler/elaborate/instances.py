"""A block's body for given params and input types: symbols to dimensions, statements to a module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.faces import Bound, inputs_of, params_of
from getdsl.compiler.elaborate.mismatches import report_mismatch
from getdsl.compiler.elaborate.params import Given, ParamScope
from getdsl.compiler.elaborate.patterns import Pattern, Unifier, marked, own, read_pattern
from getdsl.compiler.elaborate.values import Tensor
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph, Module, StateTensor
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import UNKNOWN, TensorType
from getdsl.diagnostics import mistakes
from getdsl.grammar import syntax
from getdsl.text.source import SourceFile

if TYPE_CHECKING:
    from getdsl.compiler.elaborate.body import Body


MAX_NESTED_BLOCKS = 30
UNKNOWN_LEAD = Symbol("N0_")


@dataclass(frozen=True)
class Template:
    """A checked body for given params and input types; types are in the body's own symbols."""

    outputs: Mapping[str, TensorType]
    state: tuple[StateTensor, ...]
    extern: str | None
    extern_file: SourceFile | None
    sizes: Mapping[str, int]
    graph: Graph | None


def instantiate(
    body: Body, bound: Bound, actuals: dict[str, Tensor] | None
) -> tuple[Module, dict[str, TensorType]] | None:
    """The module of a call and the types of its outputs for the caller; None after a report.

    Without actuals the block's inputs stay free.
    """
    from getdsl.compiler.elaborate.body import Body as BodyClass

    definition = bound.definition
    if definition.name in body.stack:
        chain = [*body.stack[body.stack.index(definition.name) :], definition.name]
        body.wrong(mistakes.names.block_in_itself(chain, bound.span))
        return None
    if len(body.stack) > MAX_NESTED_BLOCKS:
        body.wrong(mistakes.names.nested_too_deeply(MAX_NESTED_BLOCKS, bound.span))
        return None
    before = len(body.program.diagnostics.errors)
    path = f"{body.path}{bound.name}."
    params = ParamScope(definition.name, params_of(definition), bound.given, body.overrides, path, bound.span)
    inner = BodyClass(body.program.home(definition), definition.name, params, body.overrides, path)
    inner.program.instantiated.add(id(definition))
    inner.stack = (*body.stack, definition.name)
    inner.user_call = body.user_call or (bound.span if inner.program is not body.program else None)
    inner.doc = definition.doc
    inner.note_bindings(definition)
    params.body = inner
    params.call_span = bound.span
    if not params.resolve_all():
        return None
    unifier = Unifier()
    patterns = _bind_inputs(inner, definition, actuals, unifier, body, bound)
    if patterns is None or len(body.program.diagnostics.errors) > before:
        return None
    template = _template(inner, definition, params)
    if template is None or len(body.program.diagnostics.errors) > before:
        return None
    module = Module(
        bound.name,
        definition.name,
        params.values,
        tuple(item.name for item in inputs_of(definition)),
        tuple(template.outputs),
        template.extern,
        template.sizes,
        template.state,
        template.graph,
        bound.span,
        face_outputs=tuple(template.outputs),
        in_library=inner.program is not body.program or body.program.unit is None,
        extern_file=template.extern_file,
    )
    return module, {name: _outward(type, unifier) for name, type in template.outputs.items()}


def check_alone(caller: Body, definition: syntax.Definition) -> None:
    """Reports what is wrong with a block that nobody calls, as far as that can be seen without a call."""
    from getdsl.compiler.elaborate.body import Body as BodyClass

    declared = params_of(definition)
    given = {name: Given(POISON, None) for name, item in declared.items() if item.default is None}
    params = ParamScope(definition.name, declared, given, caller.overrides, f"{definition.name}.")
    inner = BodyClass(caller.program, definition.name, params, caller.overrides, f"{definition.name}.")
    inner.stack = (definition.name,)
    inner.note_bindings(definition)
    params.body = inner
    params.resolve_all()
    bound = Bound(definition, given, definition.name, definition.name_span)
    if _bind_inputs(inner, definition, None, Unifier(), caller, bound):
        _template(inner, definition, params)


def _outward(type: TensorType, unifier: Unifier) -> TensorType:
    """A type in the body's symbols, in those of the caller."""
    if type.dims is None:
        return UNKNOWN
    foreign = type.substitute({symbol: Dim.symbol(marked(symbol)) for symbol in type.symbols})
    if foreign.symbols & (unifier.unknown - unifier.bindings.keys()):
        return UNKNOWN
    bound = foreign.substitute(unifier.bindings)
    return _with_origins(bound, type)


def _with_origins(bound: TensorType, local: TensorType) -> TensorType:
    """Substitution keeps the origins of constants that it did not touch."""
    if bound.dims is None or local.dims is None:
        return bound
    return replace(
        bound,
        dims=tuple(
            old if old.value is not None else new for new, old in zip(bound.dims, local.dims, strict=True)
        ),
    )


def _bind_inputs(
    inner: Body,
    definition: syntax.Definition,
    actuals: dict[str, Tensor] | None,
    unifier: Unifier,
    caller: Body,
    bound: Bound,
) -> bool | None:
    """Matches inputs with their actual types and gives the body its local ones."""
    declared = list(_active_inputs(inner, definition.body, actuals))
    local: dict[str, TensorType | None] = {}
    patterns: list[tuple[syntax.Input, Pattern]] = []
    for item in declared:
        pattern = read_pattern(inner, item.type, new_symbols=True)
        if pattern is None:
            return None
        patterns.append((item, pattern))
    if actuals is None:
        inner.local_inputs = {
            item.name: expand_free(pattern) for item, pattern in patterns if not item.type.optional
        }
        return True
    if not _conditional_inputs_fit(declared, actuals, caller, bound):
        return None
    waiting = [(item, pattern) for item, pattern in patterns if item.name in actuals]
    # those with one new symbol an axis first, so that later ones find theirs bound
    waiting.sort(key=lambda pair: any(len(side.symbols) > 1 for side in pair[1].dims))
    for item, pattern in waiting:
        mismatch = unifier.match(_foreign(pattern), actuals[item.name].type)
        if mismatch is not None:
            report_mismatch(caller, bound, item, pattern, actuals[item.name], mismatch, unifier)
            return None
    inner.set_lead(unifier.lead, unifier.bindings)
    if inner.lead is None:  # nothing of known shape settles what `...` is: the body is checked with one axis
        inner.lead = (Dim.symbol(UNKNOWN_LEAD),)
        unifier.unknown.add(marked(UNKNOWN_LEAD))
    constants = {own(symbol): dim for symbol, dim in unifier.bindings.items() if dim.value is not None}
    inner.scope.update({str(symbol): dim for symbol, dim in constants.items()})
    for item, pattern in patterns:
        actual = actuals.get(item.name)
        if actual is None:
            local[item.name] = None
        else:  # a raw batch value has the shape that the block declares
            local[item.name] = expand_lead(inner, pattern).substitute(constants)
            if actual.type.dims is None and not pattern.lead:
                caller.note_rank(actual.ref, len(pattern.dims))
    inner.local_inputs = local
    return True


def _conditional_inputs_fit(
    active: list[syntax.Input], actuals: dict[str, Tensor], caller: Body, bound: Bound
) -> bool:
    """Whether the inputs that depend on the params are given where they are there, and only then."""
    name = bound.definition.name
    for item in inputs_of(bound.definition):
        if item in active and not item.type.optional and item.name not in actuals:
            caller.wrong(
                mistakes.calls.missing_conditional_input(
                    name, item.name, item.type.span.text, bound.span, item.span
                )
            )
            return False
        if item not in active and item.name in actuals and item.name not in {each.name for each in active}:
            caller.wrong(mistakes.calls.conditional_input(name, item.name, bound.span, item.span))
            return False
    return True


def _active_inputs(
    inner: Body, statements: tuple[syntax.Statement, ...], actuals: dict[str, Tensor] | None
) -> Iterator[syntax.Input]:
    inner.local_inputs = dict.fromkeys(actuals, UNKNOWN) if actuals is not None else {}
    for statement in statements:
        if isinstance(statement, syntax.Input):
            inner.local_inputs.setdefault(statement.name, None)
            yield statement
        elif isinstance(statement, syntax.If) and any(
            isinstance(node, syntax.Input) for node in syntax.walk(statement)
        ):
            condition = inner.evaluator.condition(statement.condition)
            if condition is not None:
                yield from _active_inputs(inner, statement.yes if condition else statement.no, actuals)


def _foreign(pattern: Pattern) -> Pattern:
    """The pattern with its symbols marked as the callee's own."""
    sides = [*pattern.dims, *([pattern.of] if pattern.of is not None else [])]
    symbols = {symbol for side in sides for symbol in side.symbols}
    marks = {symbol: Dim.symbol(marked(symbol)) for symbol in symbols}
    dims = tuple(side.substitute(marks) if side.symbols else side for side in pattern.dims)
    return replace(pattern, dims=dims, of=pattern.of.substitute(marks) if pattern.of is not None else None)


def expand_free(pattern: Pattern) -> TensorType:
    """The type of an input of a module that is never applied: `...` stands for no axes."""
    return pattern.type()


def expand_lead(inner: Body, pattern: Pattern) -> TensorType:
    """The type of a pattern, with the axes that `...` stands for in this call."""
    type = pattern.type()
    if not pattern.lead:
        return type
    if inner.lead is None:
        return UNKNOWN
    return replace(type, dims=(*inner.lead, *pattern.dims))


def _template(inner: Body, definition: syntax.Definition, params: ParamScope) -> Template | None:
    """The checked body; the same params and input types give the same one."""
    key = (
        id(definition),
        repr([(name, params.values[name]) for name in params.declared]),
        repr([(name, str(type), type and type.dtype) for name, type in (inner.local_inputs or {}).items()]),
        inner.local_inputs is None,
        str(inner.lead),
    )
    cache = inner.program.templates
    fresh = not inner.overrides.under(params.path)
    if fresh and key in cache:
        known: Template | None = cache[key]
        return known
    if fresh:
        cache[key] = None  # what is reported below is reported once
    inner.run([item for item in definition.body if not isinstance(item, syntax.Param)])
    if not inner.output_types:
        if not inner.poisoned_outputs and not inner.broken_names:
            inner.wrong(mistakes.values.block_without_output(definition.name, definition.name_span))
        return None
    settle_unapplied(inner)
    graph = None
    if inner.extern is None:
        missing = [name for name in inner.output_types if name not in inner.outputs]
        if missing:
            inner.wrong(mistakes.values.output_never_given(missing[0], definition.name, definition.name_span))
            return None
        graph = inner.graph()
    template = Template(
        dict(inner.output_types),
        tuple(inner.state),
        inner.extern,
        inner.extern_file,
        _sizes(inner, definition),
        graph,
    )
    if fresh:
        cache[key] = template
    return template


def _sizes(inner: Body, definition: syntax.Definition) -> dict[str, int]:
    """The input symbols that occur in the shapes of an extern's weights."""
    found = {}
    for statement in definition.body:
        for node in syntax.walk(statement):
            if isinstance(node, syntax.State):
                for name in syntax.walk(node.type):
                    if (
                        isinstance(name, syntax.Name)
                        and isinstance(value := inner.scope.get(name.id), Dim)
                        and value.value is not None
                    ):
                        found[name.id] = value.value
    return found


def settle_unapplied(body: Body) -> None:
    """Builds the modules that were bound and never applied: their weights exist all the same."""
    for bound in list(body.blocks_by_module.values()):
        if bound.name not in body.modules:
            result = instantiate(body, bound, None)
            if result is not None:
                body.modules[bound.name] = result[0]
