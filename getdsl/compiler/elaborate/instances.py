"""A block's body for given params and input types: symbols to dimensions, statements to a module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import cast

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.bodies import run_body
from getdsl.compiler.elaborate.callees import blocks_in
from getdsl.compiler.elaborate.conditions import condition
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.faces import Bound, inputs_of, params_of
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.mismatches import report_mismatch
from getdsl.compiler.elaborate.open_frames import frame_alone, frame_of_block
from getdsl.compiler.elaborate.patterns import Pattern, Unifier, marked, own
from getdsl.compiler.elaborate.resolve import resolve_all
from getdsl.compiler.elaborate.template import Template
from getdsl.compiler.elaborate.torch_modules import settle_torch_module
from getdsl.compiler.elaborate.values import Given, Tensor
from getdsl.compiler.elaborate.written_types import read_pattern
from getdsl.compiler.graph.bounds import LEAST_SIZE, AtLeast, Need
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Constant, Module
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import UNKNOWN, TensorType
from getdsl.diagnostics import mistakes
from getdsl.diagnostics.mistakes import shapes
from getdsl.grammar import syntax

MAX_NESTED_BLOCKS = 30
UNKNOWN_LEAD = Symbol("N0_")
Instance = tuple[Module, dict[str, TensorType]]
Patterns = list[tuple[syntax.Input, Pattern]]


def instantiate(
    engine: Engine, caller: Frame, bound: Bound, actuals: Mapping[str, Tensor] | None
) -> Instance | None:
    """The module of a call and the types of its outputs for the caller; None after a report.

    Without actuals the block's inputs stay free.
    """
    if _is_too_deep(caller, bound):
        return None
    before = caller.mistakes
    frame = frame_of_block(engine, caller, bound)
    engine.called.add(id(bound.definition))
    if not resolve_all(engine, frame):
        return None
    unifier = Unifier()
    inside = _given_inputs(engine, frame, caller, bound, actuals, unifier)
    if inside is None or caller.mistakes > before:
        return None
    template = _template(engine, inside, bound.definition)
    if template is None or caller.mistakes > before:
        return None
    if not _needs_hold(caller, bound, template, unifier):
        return None
    outputs = {name: _outward(type, unifier) for name, type in template.outputs.items()}
    in_library = inside.program is not caller.program or caller.program.unit is None
    return _module(bound, inside, template, in_library), outputs


def _is_too_deep(caller: Frame, bound: Bound) -> bool:
    """Whether a block is inside itself, or far too many are inside each other, which is reported."""
    name, stack = bound.definition.name, caller.stack
    if name in stack:
        caller.wrong(mistakes.names.block_in_itself([*stack[stack.index(name) :], name], bound.span))
    elif len(stack) > MAX_NESTED_BLOCKS:
        caller.wrong(mistakes.names.nested_too_deeply(MAX_NESTED_BLOCKS, bound.span))
    else:
        return False
    return True


def _module(bound: Bound, frame: Frame, template: Template, in_library: bool) -> Module:
    return Module(
        bound.name,
        bound.definition.name,
        cast(Mapping[str, Constant], frame.params.values),  # `take_params` lets no tensor in
        tuple(item.name for item in inputs_of(bound.definition)),
        tuple(template.outputs),
        template.extern,
        template.sizes,
        template.state,
        template.graph,
        bound.span,
        face_outputs=tuple(template.outputs),
        in_library=in_library,
        extern_file=template.extern_file,
        torch=template.torch,
    )


def check_alone(engine: Engine, caller: Frame, definition: syntax.Definition) -> None:
    """Reports what is wrong with a block that nobody calls, as far as that can be seen without a call.

    `engine` is one that stands aside, for all such blocks of a spec.
    """
    unknown = {
        name: Given(POISON, None) for name, item in params_of(definition).items() if item.default is None
    }
    bound = Bound(definition, unknown, definition.name, definition.name_span)
    frame = frame_alone(engine, caller.program, bound)
    resolve_all(engine, frame)
    inside = _given_inputs(engine, frame, caller, bound, None, Unifier())
    if inside is not None:
        _template(engine, inside, definition)


def settle_unapplied(engine: Engine, frame: Frame, but: Mapping[str, Module]) -> dict[str, Module]:
    """The modules that were bound and never applied: their weights exist all the same."""
    settled: dict[str, Module] = {}
    for name, bound in frame.draft.bound.items():
        if name not in frame.draft.modules and name not in but:
            instance = instantiate(engine, frame, bound, None)
            if instance is not None:
                settled[name] = instance[0]
    return settled


# ---- inputs


def _given_inputs(
    engine: Engine,
    frame: Frame,
    caller: Frame,
    bound: Bound,
    actuals: Mapping[str, Tensor] | None,
    unifier: Unifier,
) -> Frame | None:
    """The frame of a body whose inputs have the types of what it is given; None after a report."""
    given: dict[str, TensorType | None] = dict.fromkeys(actuals or (), UNKNOWN)
    frame = frame.taking(given)
    patterns: Patterns = []
    for item in list(_active(engine, frame, given, bound.definition.body)):
        pattern = read_pattern(engine, frame, item.type, new_symbols=True)
        if pattern is None:
            return None
        patterns.append((item, pattern))
    if actuals is None:
        free = {item.name: pattern.type() for item, pattern in patterns if not item.type.optional}
        return frame.taking(free)  # where `...` stands for no axes
    if not _conditional_inputs_fit([item for item, _ in patterns], actuals, caller, bound):
        return None
    if not _match(patterns, actuals, caller, bound, unifier):
        return None
    return _with_types(frame, caller, patterns, actuals, unifier)


def _match(
    patterns: Patterns, actuals: Mapping[str, Tensor], caller: Frame, bound: Bound, unifier: Unifier
) -> bool:
    """Binds the symbols of the patterns; False after a report."""
    waiting = [(item, pattern) for item, pattern in patterns if item.name in actuals]
    # those with one new symbol an axis first, so that later ones find theirs bound
    waiting.sort(key=lambda pair: any(len(side.symbols) > 1 for side in pair[1].dims))
    for item, pattern in waiting:
        actual = actuals[item.name]
        mismatch = unifier.match(pattern.of_callee(), actual.type)
        if mismatch is not None:
            report_mismatch(caller, bound, item, pattern, actual, mismatch, unifier)
            return False
    return True


def _with_types(
    frame: Frame, caller: Frame, patterns: Patterns, actuals: Mapping[str, Tensor], unifier: Unifier
) -> Frame:
    """The frame with the types of its inputs, in its own symbols but for sizes that are constant."""
    lead = _local_lead(unifier)
    bindings = unifier.bindings.items()
    constants = {own(symbol): dim for symbol, dim in bindings if dim.value is not None}
    frame.scope.values.update({str(symbol): dim for symbol, dim in constants.items()})
    inputs: dict[str, TensorType | None] = {}
    for item, pattern in patterns:
        actual = actuals.get(item.name)
        inputs[item.name] = pattern.type_here(lead).substitute(constants) if actual is not None else None
        if actual is not None and actual.type.dims is None:  # it has the shape that the block declares
            taken = pattern.of_callee().type_here(unifier.lead).substitute(unifier.bindings)
            caller.note_taken(actual.ref, taken)
            if not pattern.lead:
                caller.note_rank(actual.ref, len(pattern.dims))
    return frame.taking(inputs, lead)


def _local_lead(unifier: Unifier) -> tuple[Dim, ...]:
    """Gives the axes of `...` symbols of the body's own; constants stay."""
    if (
        unifier.lead is None
    ):  # nothing of known shape settles what `...` is: the body is checked with one axis
        unifier.unknown.add(marked(UNKNOWN_LEAD))
        return (Dim.symbol(UNKNOWN_LEAD),)
    local = []
    for position, dim in enumerate(unifier.lead):
        symbol = Symbol(f"N{position}_")
        if dim.value is None:
            unifier.bindings[marked(symbol)] = dim
        local.append(dim if dim.value is not None else Dim.symbol(symbol))
    return tuple(local)


def _conditional_inputs_fit(
    active: list[syntax.Input], actuals: Mapping[str, Tensor], caller: Frame, bound: Bound
) -> bool:
    """Whether the inputs that depend on the params are given where they are there, and only then."""
    name, there = bound.definition.name, {item.name for item in active}
    for item in inputs_of(bound.definition):
        if item in active and not item.type.optional and item.name not in actuals:
            type = item.type.span.in_a_line
            caller.wrong(
                mistakes.calls.missing_conditional_input(name, item.name, type, bound.span, item.span)
            )
            return False
        if item.name in actuals and item.name not in there:
            caller.wrong(mistakes.calls.conditional_input(name, item.name, bound.span, item.span))
            return False
    return True


def _active(
    engine: Engine,
    frame: Frame,
    given: dict[str, TensorType | None],
    statements: tuple[syntax.Statement, ...],
) -> Iterator[syntax.Input]:
    """The inputs that are there for these params and for what is given, in which those found are noted."""
    for statement in statements:
        if isinstance(statement, syntax.Input):
            given.setdefault(statement.name, None)
            yield statement
        elif isinstance(statement, syntax.If) and _has_inputs(statement):
            chosen = condition(engine, frame, statement.condition)
            if chosen is not None:
                yield from _active(engine, frame, given, statement.yes if chosen else statement.no)


def _has_inputs(statement: syntax.If) -> bool:
    return any(isinstance(node, syntax.Input) for node in syntax.walk(statement))


# ---- sizes


def _needs_hold(caller: Frame, bound: Bound, template: Template, unifier: Unifier) -> bool:
    """Notes what the call needs of the caller's sizes; False after a report that they never are that."""
    told = f"`{bound.definition.name}`"
    axes = [AtLeast(dim, LEAST_SIZE, told, f"its {own(symbol)}") for symbol, dim in unifier.bindings.items()]
    for item in template.needs:
        if unifier.bindings and _is_untold(item.need, unifier):
            caller.unsettled(shapes.need_of_untold_size(item.need.told, item.need, bound.span))
            return False
    inside = [_outward_need(item.need, unifier) for item in template.needs]
    return all(caller.need(need, bound.span) for need in (*axes, *inside) if need is not None)


def _is_untold(need: Need, unifier: Unifier) -> bool:
    """Whether a size of the body's inputs is in it that nothing gives: what lengths would divide."""
    own_sizes = {marked(symbol) for symbol in need.symbols if not symbol.owner}
    return bool(own_sizes - unifier.bindings.keys() - unifier.unknown)


def _outward_need(need: Need, unifier: Unifier) -> Need | None:
    """A need of the body's sizes as one of the caller's; None where it does not know them."""
    foreign = need.substitute({symbol: Dim.symbol(marked(symbol)) for symbol in need.symbols})
    known = foreign.symbols <= unifier.bindings.keys() - unifier.unknown
    return foreign.substitute(unifier.bindings) if known else None


# ---- outputs


def _outward(type: TensorType, unifier: Unifier) -> TensorType:
    """A type in the body's symbols, in those of the caller."""
    if type.dims is None:
        return UNKNOWN
    foreign = type.substitute({symbol: Dim.symbol(marked(symbol)) for symbol in type.symbols})
    if foreign.symbols & (unifier.unknown - unifier.bindings.keys()):
        return UNKNOWN
    return _with_origins(foreign.substitute(unifier.bindings), type)


def _with_origins(bound: TensorType, local: TensorType) -> TensorType:
    """Substitution keeps the origins of constants that it did not touch."""
    if bound is local or all(old.value is None for old in local.shape):
        return bound
    sides = zip(bound.shape, local.shape, strict=True)
    return replace(bound, dims=tuple(old if old.value is not None else new for new, old in sides))


def _template(engine: Engine, frame: Frame, definition: syntax.Definition) -> Template | None:
    """The checked body; the same params and input types give the same one."""
    if engine.overrides.under(frame.params.path):
        return _checked(engine, frame, definition)
    key = _key(frame, definition)
    if key not in engine.templates:
        engine.templates[key] = None  # what is reported below is reported once
        engine.templates[key] = _checked(engine, frame, definition)
    return engine.templates[key]


def _key(frame: Frame, definition: syntax.Definition) -> tuple[object, ...]:
    """What a body depends on."""
    inputs = frame.inputs or {}
    return (
        id(definition),
        repr([(name, frame.params.values[name]) for name in frame.params.declared]),
        tuple(id(block) for block in blocks_in(frame.params.values.values())),
        repr([(name, str(type), type and type.dtype) for name, type in inputs.items()]),
        frame.inputs is None,
        str(frame.lead),
    )


def _checked(engine: Engine, frame: Frame, definition: syntax.Definition) -> Template | None:
    engine.budget.take_instance(frame.params.call_span)
    run_body(engine, frame, definition)
    draft, declared = frame.draft, frame.draft.declared
    if not declared.outputs:
        if not declared.poisoned and not frame.scope.broken:
            frame.wrong(mistakes.values.block_without_output(definition.name, definition.name_span))
        return None
    draft.modules.update(settle_unapplied(engine, frame, {}))
    missing = [name for name in declared.outputs if name not in draft.outputs]
    if declared.extern is None and missing:
        frame.wrong(mistakes.values.output_never_given(missing[0], definition.name, definition.name_span))
        return None
    if declared.torch is not None and not settle_torch_module(frame, definition):
        return None
    graph = draft.graph() if declared.extern is None else None
    engine.budget.take_modules(graph.module_count if graph is not None else 0, definition.name_span)
    return Template(
        dict(declared.outputs),
        tuple(declared.state),
        declared.extern,
        declared.extern_file,
        _sizes(frame, definition),
        graph,
        tuple(draft.needs.values()),
        declared.torch,
    )


def _sizes(frame: Frame, definition: syntax.Definition) -> dict[str, int]:
    """The input symbols that occur in the shapes of an extern's weights."""
    found = {}
    for name in _names_in_state(definition):
        value = frame.scope.values.get(name)
        if isinstance(value, Dim) and value.value is not None:
            found[name] = value.value
    return found


def _names_in_state(definition: syntax.Definition) -> Iterator[str]:
    for statement in definition.body:
        for node in syntax.walk(statement):
            if isinstance(node, syntax.State):
                yield from (item.id for item in syntax.walk(node.type) if isinstance(item, syntax.Name))
