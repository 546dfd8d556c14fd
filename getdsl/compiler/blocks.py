"""Calls of blocks: arguments to inputs and params, symbols to dimensions, a body to a module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from getdsl.compiler.dimensions import Dim
from getdsl.compiler.graph import Graph, Module, Node, Parameter, Ref, StateTensor
from getdsl.compiler.params import Given, ParamScope
from getdsl.compiler.patterns import LOCAL, Mismatch, Pattern, Unifier, read_pattern
from getdsl.compiler.program import Program
from getdsl.compiler.reserved import RESERVED_MODULE_NAMES
from getdsl.compiler.types import UNKNOWN, TensorType
from getdsl.compiler.values import ABSENT, POISON, ModuleValue, Part, Tensor, Value, contains_poison, describe
from getdsl.diagnostics import Label, suggestion_or_list
from getdsl.grammar import syntax
from getdsl.source import Span

if TYPE_CHECKING:
    from getdsl.compiler.body import Body


MAX_NESTED_BLOCKS = 30


@dataclass
class Bound:
    """A block that was bound to a name: what is needed to apply it."""

    definition: syntax.Definition
    given: dict[str, Given]
    name: str
    span: Span
    applied: bool = False


@dataclass(frozen=True)
class Template:
    """A checked body for given params and input types; types are in the body's own symbols."""

    outputs: Mapping[str, TensorType]
    state: tuple[StateTensor, ...]
    extern: str | None
    sizes: Mapping[str, int]
    graph: Graph | None


# ---- the face


_INPUTS: dict[int, tuple[syntax.Definition, list[syntax.Input]]] = {}  # by id, which the definition kept here holds


def inputs_of(definition: syntax.Definition) -> list[syntax.Input]:
    """The inputs that a definition declares, those under an `if` too."""
    if id(definition) not in _INPUTS:
        nodes = [node for statement in definition.body for node in syntax.walk(statement)]
        _INPUTS[id(definition)] = definition, [node for node in nodes if isinstance(node, syntax.Input)]
    return _INPUTS[id(definition)][1]


def params_of(definition: syntax.Definition) -> dict[str, syntax.Param]:
    return {item.name: item for item in definition.body if isinstance(item, syntax.Param)}


def usage(definition: syntax.Definition) -> str:
    """How a block is called, as help shows it."""
    required = [item.name for item in inputs_of(definition) if not item.type.optional]
    params = [name if item.default is None else f"{name} = …" for name, item in params_of(definition).items()]
    optional = [f"{item.name} = …" for item in inputs_of(definition) if item.type.optional]
    shown = [*params[:6], *(["…"] if len(params) > 6 else []), *optional]
    head = f"{required[0]} -> " if required else ""
    return f"{head}{definition.name}({', '.join([*required[1:], *shown])})"


# ---- calls


def call(
    body: Body, definition: syntax.Definition, expr: syntax.Call, flowing: tuple[Value, ...], span: Span, hint: str | None
) -> Value:
    """Applies a block, or binds it as a module where no input is given."""
    planned = body.planned.get(expr.span.start, "")
    args = [*flowing, *(body.evaluator.evaluate(arg) for arg in expr.args)]
    spans = [*([span] * len(flowing)), *(arg.span for arg in expr.args)]
    keywords = {item.name: Given(body.evaluator.evaluate(item.value), item.value.span) for item in expr.keywords}
    if planned is None or any(isinstance(item, syntax.Broken) for item in definition.body):
        return POISON
    required = [item for item in inputs_of(definition) if not item.type.optional]
    names = {item.name for item in inputs_of(definition)}
    applied = bool(required) and bool(flowing or (args and isinstance(args[0], Tensor)) or keywords.keys() & {item.name for item in required})
    if args and args[0] is POISON and required and not flowing:
        return POISON
    inputs = {key: value for key, value in keywords.items() if key in names}
    count = len([item for item in required if item.name not in inputs]) if applied else 0
    positional = [Given(value, place) for value, place in zip(args, spans, strict=True)]
    if applied and not _take_inputs(body, definition, required, inputs, positional[:count], expr.span):
        return POISON
    given = _take_params(body, definition, positional[count:], {k: v for k, v in keywords.items() if k not in names}, expr)
    if given is None:
        return POISON
    if any(item.value is POISON for item in (*given.values(), *inputs.values())):
        return POISON
    name = _module_name(body, definition, planned or definition.name.lower(), span)
    if name is None:
        return POISON
    bound = Bound(definition, given, name, expr.span)
    if not applied and required:
        return _bind(body, bound)
    return _apply(body, bound, inputs, span, hint)


def _take_inputs(
    body: Body, definition: syntax.Definition, required: list[syntax.Input], inputs: dict[str, Given], given: list[Given], span: Span
) -> bool:
    """Fills the required inputs by position; False after a report."""
    waiting = [item for item in required if item.name not in inputs]
    for item, value in zip(waiting, given, strict=False):
        inputs[item.name] = value
    missing = [item for item in required if item.name not in inputs]
    for item in required:
        value = inputs.get(item.name)
        if value is not None and not isinstance(value.value, Tensor) and value.value is not POISON:
            missing = [item]
            break
    if not missing:
        return True
    wanted = missing[0]
    value = inputs.get(wanted.name)
    found = f", not {describe(value.value)}" if value is not None else ""
    place = value.span if value is not None and value.span is not None else span
    if any(item.value is POISON for item in inputs.values()):
        return False
    body.report(
        "GET213",
        f"`{definition.name}` needs the input `{wanted.name}: {wanted.type.span.text}`{found}",
        place,
        labels=[Label(wanted.span, "declared here")],
        help=f"inputs come before params: `{usage(definition)}`",
    )
    return False


def _take_params(
    body: Body, definition: syntax.Definition, positional: list[Given], keywords: dict[str, Given], expr: syntax.Call
) -> dict[str, Given] | None:
    """The params given by position and name; None after a report."""
    declared = params_of(definition)
    if len(positional) > len(declared):
        extra = positional[len(declared)]
        body.report(
            "GET214",
            f"`{definition.name}` takes {len(declared)} param{'s' if len(declared) != 1 else ''}, got {len(positional)}",
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
                "GET214", f"`{definition.name}` has no param `{item.name}`", item.name_span,
                help=suggestion_or_list(item.name, known, "its params and inputs"),
            )
            wrong = True
        elif item.name in given:
            body.report(
                "GET214", f"`{item.name}` of `{definition.name}` is given twice", item.name_span,
                labels=[Label(given[item.name].span, "first here")] if given[item.name].span else [],
            )
            wrong = True
        else:
            given[item.name] = keywords[item.name]
    for name, value in given.items():
        if isinstance(value.value, Tensor | ModuleValue | Part):
            body.report(
                "GET212", f"the param `{name}` of `{definition.name}` is a constant, not {describe(value.value)}",
                value.span or expr.span, help=f"the call is `{usage(definition)}`",
            )
            wrong = True
    return None if wrong else given


def _module_name(body: Body, definition: syntax.Definition, wanted: str, span: Span) -> str | None:
    first = wanted.split(".")[0]
    if first in RESERVED_MODULE_NAMES:
        body.report(
            "GET221", f"a block cannot be named `{first}`: PyTorch's modules have an attribute of that name", span,
            help=f"choose another, `{first}_block` say",
        )
        return None
    if wanted not in body.modules and wanted not in body.parameters and wanted not in body.blocks_by_module:
        body.modules_made.add(first)
        body.weights_first.setdefault(first, span)
        return wanted
    from getdsl.compiler.naming import owns_weights

    if not owns_weights(body.program, definition):
        number = 1
        while f"{wanted}_{number}" in body.modules:
            number += 1
        return f"{wanted}_{number}"
    owner = body.modules.get(wanted) or body.parameters.get(wanted) or body.blocks_by_module[wanted]
    earlier = owner.span
    body.modules_made.add(first)
    body.report(
        "GET205", f"`{wanted}` owns weights and is bound again", span,
        labels=[Label(earlier, "its weights are named here")] if earlier else [],
        help="give the second binding a name of its own",
    )
    return None


def _bind(body: Body, bound: Bound) -> Value:
    """A module without inputs: `x -> name` applies it, and the first time settles the shapes of its weights."""
    body.blocks_by_module[bound.name] = bound
    return ModuleValue(bound.name, bound.definition.name, bound.span)


def settle_unapplied(body: Body) -> None:
    """Builds the modules that were bound and never applied: their weights exist all the same."""
    for bound in list(body.blocks_by_module.values()):
        if bound.name not in body.modules:
            result = instantiate(body, bound, None)
            if result is not None:
                body.modules[bound.name] = result[0]


def apply_bound(
    body: Body, module: ModuleValue, args: list[Value], kwargs: dict[str, Value], span: Span, hint: str | None, spans: list[Span]
) -> Value:
    """Applies a bound module to inputs; its weights stay the same however often."""
    bound = body.blocks_by_module[module.name]
    if any(value is POISON for value in (*args, *kwargs.values())):
        return POISON
    declared = inputs_of(bound.definition)
    required = [item for item in declared if not item.type.optional]
    if len(args) > len(required):
        body.report("GET214", f"`{module.name}` takes {len(required)} input{'s' if len(required) != 1 else ''}, got {len(args)}", span)
        return POISON
    unknown = [name for name in kwargs if name not in {item.name for item in declared}]
    if unknown:
        body.report(
            "GET214", f"`{module.name}` has no input `{unknown[0]}`", span,
            notes=["its params were given where it was bound"],
            help=suggestion_or_list(unknown[0], [item.name for item in declared], "its inputs"),
        )
        return POISON
    inputs = {name: Given(value, span) for name, value in kwargs.items()}
    positional = [Given(value, place) for value, place in zip(args, (*spans, *([span] * len(args))), strict=False)]
    if not _take_inputs(body, bound.definition, required, inputs, positional, span):
        return POISON
    return _apply(body, bound, inputs, span, hint)


def _apply(body: Body, bound: Bound, inputs: dict[str, Given], span: Span, hint: str | None) -> Value:
    values = {name: item.value for name, item in inputs.items() if item.value is not ABSENT}
    for name, value in values.items():
        if not isinstance(value, Tensor):
            if value is not POISON:
                body.report("GET213", f"the input `{name}` of `{bound.definition.name}` is a tensor, not {describe(value)}", inputs[name].span or span)
            return POISON
    result = instantiate(body, bound, values)
    if result is None:
        return POISON
    module, outputs = result
    earlier = body.modules.get(bound.name)
    if bound.applied and earlier is not None and list(earlier.tensors()) != list(module.tensors()):
        body.report("GET205", f"`{bound.name}` is applied to inputs that need other weights", span, labels=[Label(bound.span, "bound here")])
        return POISON
    bound.applied = True
    body.modules[bound.name] = module
    body.blocks_by_module.setdefault(bound.name, bound)
    required = [item.name for item in inputs_of(bound.definition) if not item.type.optional]
    node = body.fresh(hint or bound.name)
    outputs = _name_new_symbols(body, node, outputs)
    args = tuple(values[name].ref for name in required if name in values)
    kwargs = {name: value.ref for name, value in values.items() if name not in required}
    body.nodes[node] = Node(node, "module", bound.name, outputs, args, kwargs, span)
    first = next(iter(outputs))
    return Tensor(Ref(node, first), outputs[first], span, bound.name)


def _name_new_symbols(body: Body, node: str, outputs: dict[str, TensorType]) -> dict[str, TensorType]:
    """Symbols that a block returns anew print with the block's name, and are measured on its output."""
    new = {symbol for type in outputs.values() for symbol in type.symbols if symbol.startswith(LOCAL)}
    bindings = {symbol: Dim.symbol(f"{node}.{symbol.removeprefix(LOCAL)}") for symbol in new}
    named = {name: type.substitute(bindings) for name, type in outputs.items()}
    for name, type in named.items():
        if new:
            body.measure(Ref(node, name), type)
    return named


# ---- bodies


def instantiate(
    body: Body, bound: Bound, actuals: dict[str, Tensor] | None
) -> tuple[Module, dict[str, TensorType]] | None:
    """The module of a call and the types of its outputs for the caller; None after a report.

    Without actuals the block's inputs stay free.
    """
    from getdsl.compiler.body import Body as BodyClass

    definition = bound.definition
    if definition.name in body.stack:
        chain = " -> ".join([*body.stack[body.stack.index(definition.name) :], definition.name])
        body.report("GET210", f"a block cannot contain itself: {chain}", bound.span)
        return None
    if len(body.stack) > MAX_NESTED_BLOCKS:
        body.report("GET210", f"blocks are nested deeper than {MAX_NESTED_BLOCKS} levels", bound.span)
        return None
    before = len(body.program.diagnostics.errors)
    path = f"{body.path}{bound.name}."
    params = ParamScope(definition.name, params_of(definition), bound.given, body.overrides, path, bound.span)
    inner = BodyClass(_program_of(body.program, definition), definition.name, params, body.overrides, path)
    inner.program.instantiated.add(id(definition))
    inner.stack = (*body.stack, definition.name)
    inner.user_call = body.user_call or (bound.span if inner.program is not body.program else None)
    inner.doc = definition.doc
    inner.note_bindings(definition.body)
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
    )
    return module, {name: _outward(type, unifier) for name, type in template.outputs.items()}


def check_alone(caller: Body, definition: syntax.Definition) -> None:
    """Reports what is wrong with a block that nobody calls, as far as that can be seen without a call."""
    from getdsl.compiler.body import Body as BodyClass

    declared = params_of(definition)
    given = {name: Given(POISON, None) for name, item in declared.items() if item.default is None}
    params = ParamScope(definition.name, declared, given, caller.overrides, f"{definition.name}.")
    inner = BodyClass(caller.program, definition.name, params, caller.overrides, f"{definition.name}.")
    inner.stack = (definition.name,)
    inner.note_bindings(definition.body)
    params.body = inner
    params.resolve_all()
    bound = Bound(definition, given, definition.name, definition.name_span)
    if _bind_inputs(inner, definition, None, Unifier(), caller, bound):
        _template(inner, definition, params)


def _program_of(program: Program, definition: syntax.Definition) -> Program:
    """Where a definition's own names are looked up: a library block sees the library only."""
    if program.unit is None or program.unit_of(definition) is not None:
        return program
    return program.library()


def _outward(type: TensorType, unifier: Unifier) -> TensorType:
    """A type in the body's symbols, in those of the caller."""
    if type.dims is None:
        return UNKNOWN
    local = {symbol: Dim.symbol(f"{LOCAL}{symbol}") for symbol in type.symbols}
    marked = type.substitute(local)
    if marked.symbols & (unifier.unknown - unifier.bindings.keys()):
        return UNKNOWN
    bound = marked.substitute(unifier.bindings)
    return _with_origins(bound, type)


def _with_origins(bound: TensorType, local: TensorType) -> TensorType:
    """Substitution keeps the origins of constants that it did not touch."""
    if bound.dims is None or local.dims is None:
        return bound
    return replace(bound, dims=tuple(old if old.value is not None else new for new, old in zip(bound.dims, local.dims, strict=True)))


def _bind_inputs(
    inner: Body, definition: syntax.Definition, actuals: dict[str, Tensor] | None, unifier: Unifier, caller: Body, bound: Bound
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
        inner.local_inputs = {item.name: expand_free(pattern) for item, pattern in patterns if not item.type.optional}
        return True
    waiting = [(item, pattern) for item, pattern in patterns if item.name in actuals]
    # those with one new symbol an axis first, so that later ones find theirs bound
    waiting.sort(key=lambda pair: any(len(side.symbols) > 1 for side in pair[1].dims))
    for item, pattern in waiting:
        marked = _marked(pattern)
        mismatch = unifier.match(marked, actuals[item.name].type)
        if mismatch is not None:
            _report_mismatch(caller, bound, item, pattern, actuals[item.name], mismatch, unifier)
            return None
    inner.set_lead(unifier.lead, unifier.bindings)
    for symbol, dim in unifier.bindings.items():
        if dim.value is not None:
            inner.scope[symbol.removeprefix(LOCAL)] = dim
    constants = {name.removeprefix(LOCAL): dim for name, dim in unifier.bindings.items() if dim.value is not None}
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


def _active_inputs(inner: Body, statements: tuple[syntax.Statement, ...], actuals: dict[str, Tensor] | None) -> Iterator[syntax.Input]:
    inner.local_inputs = {name: UNKNOWN for name in actuals} if actuals is not None else {}
    for statement in statements:
        if isinstance(statement, syntax.Input):
            inner.local_inputs.setdefault(statement.name, None)
            yield statement
        elif isinstance(statement, syntax.If) and any(isinstance(node, syntax.Input) for node in syntax.walk(statement)):
            condition = inner.evaluator.condition(statement.condition)
            if condition is not None:
                yield from _active_inputs(inner, statement.yes if condition else statement.no, actuals)


def _marked(pattern: Pattern) -> Pattern:
    """The pattern with its symbols marked as the callee's own."""
    sides = [*pattern.dims, *([pattern.of] if pattern.of is not None else [])]
    names = {symbol for side in sides for symbol in side.symbols}
    marks = {name: Dim.symbol(f"{LOCAL}{name}") for name in names}
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
        return cache[key]
    if fresh:
        cache[key] = None  # what is reported below is reported once
    inner.run([item for item in definition.body if not isinstance(item, syntax.Param)])
    if not inner.output_types:
        if not inner.poisoned_outputs and not inner.broken_names:
            inner.report("GET220", f"the block `{definition.name}` has no output", definition.name_span, help="declare one: `output: [B, …]` or `output name = …`")
        return None
    settle_unapplied(inner)
    graph = None
    if inner.extern is None:
        missing = [name for name in inner.output_types if name not in inner.outputs]
        if missing:
            inner.report("GET220", f"the output `{missing[0]}` of `{definition.name}` is declared and never given", definition.name_span, help=f"write `output {missing[0]} = …`, or name a Python class with `extern`")
            return None
        graph = inner.graph()
    template = Template(dict(inner.output_types), tuple(inner.state), inner.extern, _sizes(inner, definition), graph)
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
                    if isinstance(name, syntax.Name) and isinstance(value := inner.scope.get(name.id), Dim) and value.value is not None:
                        found[name.id] = value.value
    return found


def _report_mismatch(
    caller: Body, bound: Bound, item: syntax.Input, pattern: Pattern, actual: Tensor, mismatch: Mismatch, unifier: Unifier
) -> None:
    origin = mismatch.found.origin if mismatch.found is not None else None
    came = ""
    if origin is not None:
        came = f", from {origin.name} = {int(origin)}" + (f" (line {origin.span.line})" if origin.span else "")
    helps = []
    if origin is not None and mismatch.last_axis:
        helps.append(f"pass `{origin.name}`")
    if mismatch.last_axis and mismatch.expected is not None and mismatch.expected.value is not None:
        helps.append(f"project first: `{actual.ref.node} -> Linear({mismatch.expected})`")
    known = {symbol.removeprefix(LOCAL): dim for symbol, dim in unifier.bindings.items()}
    from getdsl.compiler.body import bindings_line

    symbols = set(actual.type.symbols)
    constants = {origin.name: int(origin)} if origin is not None else {}
    constants |= {f"{bound.definition.name}'s {name}": str(dim) for name, dim in known.items() if str(dim) != name}  # type: ignore[misc]
    labels = []
    if (actual.span.file, actual.span.start) != (bound.span.file, bound.span.start):
        labels.append(Label(_tail(actual.span, bound.span), f"{actual.type.plain()}{came}"))
    caller.report(
        "GET301",
        f"`{bound.name}` {mismatch.text}",
        bound.span,
        f"input {item.name}: {pattern}" + ("" if labels else f", got {actual.type.plain()}{came}"),
        labels=labels,
        notes=bindings_line(symbols, constants),
        help=", or ".join(helps) or None,
    )


def _tail(span: Span, other: Span) -> Span:
    """The last step of a chain, which is what made the tensor; at most its first line."""
    text = span.text
    cut = text.rfind("->")
    if cut >= 0 and not (span.start <= other.start < span.end):
        rest = text[cut + 2 :]
        start = span.start + cut + 2 + (len(rest) - len(rest.lstrip()))
        return Span(span.file, start, span.end)
    return span


# ---- parameters and parts


def parameter(body: Body, expr: syntax.Call) -> Value:
    """`Parameter([…], init = …)`: a tensor of weights that the graph owns itself."""
    name = body.planned.get(expr.span.start)
    if name is None:
        return POISON
    keywords = {item.name: item for item in expr.keywords}
    unknown = [item for item in expr.keywords if item.name not in ("shape", "init")]
    if unknown:
        body.report("GET214", f"`Parameter` has no argument `{unknown[0].name}`", unknown[0].name_span, help="the call is `Parameter([1, 1, 64], init = zeros)`")
        return POISON
    shape_expr = expr.args[0] if expr.args else keywords["shape"].value if "shape" in keywords else None
    if shape_expr is None or len(expr.args) > 2:
        body.report("GET214", "`Parameter` takes a shape and an `init`", expr.span, help="the call is `Parameter([1, 1, 64], init = zeros)`")
        return POISON
    shape = body.evaluator.evaluate(shape_expr)
    init_expr = expr.args[1] if len(expr.args) > 1 else keywords["init"].value if "init" in keywords else None
    init = _initialiser(body, init_expr) if init_expr is not None else "zeros"
    if contains_poison([shape, init]):
        return POISON
    sides = [side.value if isinstance(side, Dim) else side for side in shape] if isinstance(shape, list) else [None]
    if any(isinstance(side, bool) or not isinstance(side, int) or side < 0 for side in sides):
        body.report("GET310", "the shape of a `Parameter` is a list of integers that are known at compile time", shape_expr.span)
        return POISON
    if _module_name(body, _PARAMETER, name, expr.span) is None:
        return POISON
    body.parameters[name] = Parameter(name, tuple(int(side) for side in sides), init, expr.span)
    type = TensorType(tuple(Dim.of(side) for side in shape))
    node = body.fresh(name)
    body.nodes[node] = Node(node, "parameter", name, {"": type}, span=expr.span)
    return Tensor(Ref(node, ""), type, expr.span)


_PARAMETER = syntax.Definition(
    Span(None, 0, 0), "block", "Parameter", Span(None, 0, 0), None, None, None,  # type: ignore[arg-type]
    (syntax.State(Span(None, 0, 0), "weight", "", None),),  # type: ignore[arg-type]
)
INITIALISERS = {"zeros": 0, "ones": 0, "normal": 1, "trunc_normal": 1, "xavier_uniform": 0, "uniform": 2}


def _initialiser(body: Body, expr: syntax.Expr) -> Any:
    """`zeros`, `ones`, a number, or `normal(std)`, as (name, *numbers)."""
    if isinstance(expr, syntax.Name) and expr.id in ("zeros", "ones", "xavier_uniform"):
        return expr.id
    if isinstance(expr, syntax.Call) and isinstance(expr.callee, syntax.Name) and expr.callee.id in INITIALISERS:
        values = [body.evaluator.evaluate(arg) for arg in (*expr.args, *(item.value for item in expr.keywords))]
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values) and len(values) == INITIALISERS[expr.callee.id]:
            return (expr.callee.id, *(float(value) for value in values))
        if POISON in values:
            return POISON
    elif not (isinstance(expr, syntax.Name) and body.lookup(expr) is None):
        value = body.evaluator.evaluate(expr)
        if value is POISON or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
    name = expr.id if isinstance(expr, syntax.Name) else ""
    return body.evaluator.wrong(
        "GET212", "`init` is zeros, ones, a number, normal(std), trunc_normal(std), uniform(low, high) or xavier_uniform",
        expr.span, help=suggestion_or_list(name, INITIALISERS, "initialisers") if name else None,
    )


def part_output(body: Body, part: Part, name: str, span: Span) -> Value:
    """An output of a module inside a bound block, or a part one level deeper."""
    owner = part.tensor.module
    assert owner is not None
    module = body.modules[owner]
    exposed = expose(module.graph, part.path, name) if module.graph is not None else None
    if exposed is None:
        return body.evaluator.part(part.tensor, f"{part.path}.{name}", span)
    graph, output, local = exposed
    if local.symbols - set(_caller_bindings(body, part.tensor)):
        type = UNKNOWN
    else:
        type = local.substitute(_caller_bindings(body, part.tensor))
    body.modules[owner] = replace(module, graph=graph, outputs=(*module.outputs, *((output,) if output not in module.outputs else ())))
    node = body.nodes[part.tensor.ref.node]
    body.nodes[node.name] = replace(node, outputs={**node.outputs, output: type})
    return Tensor(Ref(node.name, output), type, span)


def _caller_bindings(body: Body, tensor: Tensor) -> dict[str, Dim]:
    """What the symbols of a called block's graph are in the caller, solved from its inputs again."""
    node = body.nodes[tensor.ref.node]
    module = body.modules[node.target]
    assert module.graph is not None
    inputs = dict(zip([name for name in module.inputs if name not in node.kwargs], node.args, strict=False)) | dict(node.kwargs)
    bindings: dict[str, Dim] = {}
    for symbol, source in module.graph.symbols.items():
        target = module.graph.nodes[source.ref.node].target
        ref = inputs.get(target)
        if isinstance(ref, Ref) and (dims := body.nodes[ref.node].outputs[ref.output].dims) is not None:
            solved = source.pattern.substitute(bindings).solve(symbol, dims[source.axis])
            if solved is not None:
                bindings[symbol] = solved
    return bindings


def expose(graph: Graph | None, path: str, output: str) -> tuple[Graph, str, TensorType] | None:
    """A graph that also returns an output of a module inside it: (graph, the new output's name, its type)."""
    if graph is None:
        return None
    node = next((item for item in graph.nodes.values() if item.kind == "module" and item.target == path), None)
    if node is not None:
        if output not in node.outputs or output == "":
            return None
        name = f"{path}.{output}"
        type = node.outputs[output]
        return replace(graph, outputs={**graph.outputs, name: Ref(node.name, output)}), name, type
    owner = next((item for item in graph.nodes.values() if item.kind == "module" and path.startswith(f"{item.target}.")), None)
    if owner is None:
        return None
    module = graph.modules[owner.target]
    inside = expose(module.graph, path.removeprefix(f"{owner.target}."), output)
    if inside is None:
        return None
    nested, inner_name, type = inside
    changed = replace(owner, outputs={**owner.outputs, inner_name: type})
    name = f"{path}.{output}"
    return (
        replace(
            graph,
            nodes={**graph.nodes, owner.name: changed},
            modules={**graph.modules, owner.target: replace(module, graph=nested, outputs=(*module.outputs, inner_name))},
            outputs={**graph.outputs, name: Ref(owner.name, inner_name)},
        ),
        name,
        type,
    )

